// Shared by the benchmarks: a daemon of its own, its memory, and figures as rows.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
export const cli = join(root, 'packages/spanledger/bin/spanledger.js')

/**
 * A command that stays on one processor, where there is a taskset: of two, one may be a third slower than the other for as long
 * as a neighbour uses what they share.
 */
export function onOneProcessor(...command) {
  if (spawnSync('taskset', ['--version']).error) return command
  const [processor] = /(?<=Cpus_allowed_list:\s*)\d+/.exec(readFileSync('/proc/self/status', 'utf8'))
  return ['taskset', '--cpu-list', processor, ...command]
}

export function tempHome() {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-bench-'))
  return {
    folder,
    home: join(folder, 'home'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Starts `spanledger up` on free ports. `readyMs` is from spawn to the line that says it can receive. */
export async function startDaemon(home) {
  const started = performance.now()
  const child = spawn(
    process.execPath,
    [cli, 'up', '--json', '--home', home, '--otlp-http-port', '0', '--otlp-grpc-port', '0', '--port', '0'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  // A benchmark that fails must not leave its daemon behind.
  const abandon = () => child.kill('SIGKILL')
  process.once('exit', abandon)
  const line = await new Promise((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('exit', (code) => reject(new Error(`the daemon ended with ${code}`)))
  })
  const readyMs = performance.now() - started
  return {
    ...JSON.parse(line),
    pid: child.pid,
    readyMs,
    memory: () => memoryOf(child.pid),
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit')
        child.once('exit', resolve)
        process.removeListener('exit', abandon)
        child.kill('SIGTERM')
      }),
  }
}

/** Resident memory now and at its peak, in MiB. Linux only; elsewhere undefined. */
function memoryOf(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const mib = (key) => Math.round(Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)[1]) / 1024)
    return { now: mib('VmRSS'), peak: mib('VmHWM') }
  } catch {
    return undefined
  }
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
export const count = (n) => Math.round(n).toLocaleString('en-US')

/** Pseudo-random numbers from 0 to 1 (mulberry32): the same seed gives the same ledger. */
export function generator(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
