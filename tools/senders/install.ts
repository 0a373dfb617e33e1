import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How a sender's program is started; or why it cannot be, here. */
export type Toolchain = { command: readonly string[] } | { missing: string }

const PROGRAMS = fileURLToPath(new URL('programs/', import.meta.url))
const STORY = join(PROGRAMS, 'story.js')
const EXPORT = join(PROGRAMS, 'export.js')

/** Outside of the project, made once. Delete it to install anew. */
const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'spanledger-senders')

const BUN = ['bun@1.4.4']
const DENO = ['deno@2.9.6']
const NODE = `node-${process.platform}-${process.arch}`
const JS_2 = ['@opentelemetry/api@1.9.1', '@opentelemetry/sdk-node@0.223.0']
const JS_3 = ['@opentelemetry/api@1.10.0', '@opentelemetry/sdk-node@0.301.0', `${NODE}@22`]
const PYTHON = ['sdk', 'exporter-otlp-proto-http', 'exporter-otlp-proto-grpc'].map(
  (name) => `opentelemetry-${name}==1.45.2`,
)

/** What tells the story or serves tea, by the language's or the runtime's name. */
export const TOOLCHAINS = {
  /** OpenTelemetry JS 2.x on the running Node. */
  'js-2': (): Toolchain => ({ command: [process.execPath, story('js-2', JS_2)] }),
  /** OpenTelemetry JS 3.x: it needs Node 22.15. */
  'js-3': (): Toolchain => {
    const program = story('js-3', JS_3)
    return { command: [join(CACHE, 'js-3', 'node_modules', NODE, 'bin', 'node'), program] }
  },
  bun: (): Toolchain => {
    const bun = join(npm('bun', BUN), '.bin', 'bun')
    return { command: [bun, story('js-2', JS_2)] }
  },
  deno: (): Toolchain => {
    const deno = join(npm('deno', DENO), '.bin', 'deno')
    return { command: [deno, 'run', '--allow-net', join(PROGRAMS, 'service.js')] }
  },
  /** Releases of Node that the SDK has to run on, beside the one that runs this. */
  'node-22': () => node(22),
  'node-24': () => node(24),
  'node-26': () => node(26),
  /** Spanledger's own SDK, from the built packages, on each runtime. */
  'sdk-node': (): Toolchain => ({ command: [process.execPath, EXPORT] }),
  'sdk-bun': (): Toolchain => ({ command: [join(npm('bun', BUN), '.bin', 'bun'), EXPORT] }),
  'sdk-deno': (): Toolchain => ({ command: [join(npm('deno', DENO), '.bin', 'deno'), 'run', '-A', EXPORT] }),
  python: (): Toolchain => {
    if (!runs('python3', ['-c', 'import venv, ensurepip'])) return { missing: 'no python3 with venv' }
    const folder = join(CACHE, 'python')
    once(folder, PYTHON, () => {
      run('python3', ['-m', 'venv', folder])
      run(join(folder, 'bin', 'pip'), ['install', '--quiet', ...PYTHON])
    })
    return { command: [join(folder, 'bin', 'python'), join(PROGRAMS, 'story.py')] }
  },
  go: (): Toolchain => {
    if (!runs('go', ['version'])) return { missing: 'no go' }
    // Go's own caches know what is up to date.
    const program = join(CACHE, 'go', 'story')
    run('go', ['build', '-C', join(PROGRAMS, 'go'), '-o', program, '.'])
    return { command: [program] }
  },
} satisfies Record<string, () => Toolchain>

export type ToolchainName = keyof typeof TOOLCHAINS

function node(release: number): Toolchain {
  if (process.platform === 'win32') return { missing: 'no package of Node for Windows with this layout' }
  return { command: [join(npm(`node-${release}`, [`${NODE}@${release}`]), NODE, 'bin', 'node')] }
}

/** The story beside the packages that it imports. */
function story(name: string, packages: readonly string[]): string {
  const program = join(npm(name, packages), '..', 'story.mjs')
  copyFileSync(STORY, program)
  return program
}

/** Returns the folder of the modules. */
function npm(name: string, packages: readonly string[]): string {
  const folder = join(CACHE, name)
  once(folder, packages, () => {
    // Bun and Deno put their program in place in an install script.
    const allowScripts = { bun: true, deno: true }
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, allowScripts }))
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', ...packages])
  })
  return join(folder, 'node_modules')
}

/** Does the work unless it was done for the same packages. */
function once(folder: string, packages: readonly string[], work: () => void): void {
  const done = join(folder, 'installed.json')
  const wanted = JSON.stringify(packages)
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) return
  mkdirSync(folder, { recursive: true })
  work()
  writeFileSync(done, wanted)
}

const runs = (command: string, args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0

function run(command: string, args: readonly string[]): void {
  // What is said goes to standard error: standard output is the test report's.
  const { status } = spawnSync(command, args, { stdio: ['ignore', 2, 2] })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed`)
}
