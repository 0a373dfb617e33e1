import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startDaemonProcess, type RunningDaemon } from '../agents/daemon.ts'

const BIN = fileURLToPath(new URL('../../packages/spanledger/bin/spanledger.js', import.meta.url))
const execute = promisify(execFile)
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024

export interface Spanledger extends RunningDaemon {
  /** Its folder. */
  home: string
  /** The answer of a command with `--json`. */
  ask(...args: string[]): Promise<any>
  /** The lines of `export SIGNAL`. */
  exported(signal: 'traces' | 'logs' | 'metrics'): Promise<any[]>
}

/** The built program with a home of its own, which goes when it stops. */
export async function startSpanledger(): Promise<Spanledger> {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-senders-'))
  const home = join(folder, 'ledger')
  const daemon = await startDaemonProcess(home)
  const command = async (args: string[]): Promise<string> => {
    const all = [BIN, ...args, '--home', home]
    return (await execute(process.execPath, all, { maxBuffer: OUTPUT_BYTES_MAX })).stdout
  }
  return {
    ...daemon,
    home,
    ask: async (...args) => JSON.parse(await command([...args, '--json'])),
    exported: async (signal) =>
      (await command(['export', signal]))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    stop: async () => {
      await daemon.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const SENDER_TIMEOUT_MS = 60_000

/** Runs a sender to its end. */
export async function send(
  command: readonly string[],
  env: Record<string, string>,
): Promise<{ stdout: string; stderr: string }> {
  const [program, ...args] = command
  const { PATH = '', HOME = '' } = process.env
  return execute(program!, args, { env: { PATH, HOME, ...env }, timeout: SENDER_TIMEOUT_MS })
}
