/** The program's entry point: `bin/spanledger.js` imports it, and it runs. */
import { homedir } from 'node:os'
import { createInterface } from 'node:readline'
import type { Home } from '@spanledger/sdk/ledger'
import { createInterface as createPrompt } from 'node:readline/promises'
import { nodePlatform } from '@spanledger/sdk/platform'
import type { Asker, CliHost, RunOptions } from '../cli/index.ts'
import { startRun } from './run-start.ts'

const platform = nodePlatform()
const words = process.argv.slice(2)
const warn = (message: string): void => void process.stderr.write(`spanledger: ${message}\n`)
// A run's command waits for nothing that it does not need: the command line is loaded when it has ended.
const started = startRun(words, { env: process.env, homeFolder: homedir() }, run)
// Its reader may go away first (`2>&1 | head`), and then there is nobody left to tell.
process.stderr.on('error', () => {})
await started?.catch(() => {})

const [{ runCli }, { VERSION }] = await Promise.all([import('../cli/index.ts'), import('./version.ts')])

async function run(options: RunOptions) {
  const [{ runCommand }, { runDetached, tellingAway }] = await Promise.all([
    import('./run.ts'),
    import('./run-detached.ts'),
  ])
  if (options.detach === true) return runDetached(platform, options, process.argv[1]!)
  return tellingAway(process.env, (away, onStart) =>
    runCommand(platform, { ...options, ...away }, warn, onStart),
  )
}

const host: CliHost = {
  version: VERSION,
  env: process.env,
  homeFolder: homedir(),
  nowMs: Date.now,
  presses: () => createInterface({ input: process.stdin })[Symbol.asyncIterator](),
  ...(process.stdin.isTTY && process.stderr.isTTY
    ? {
        async confirm(question: string) {
          const asking = createPrompt({ input: process.stdin, output: process.stderr })
          const answer = await asking.question(`${question} [y/N] `).finally(() => asking.close())
          return /^y(es)?$/i.test(answer.trim())
        },
      }
    : {}),
  stdout: process.stdout,
  stderr: process.stderr,
  async up(options) {
    const { up } = await import('./up.ts')
    await up(platform, options, {
      print: (text) => void process.stdout.write(text),
      warn,
    })
  },
  run: (options) => started ?? run(options),
  async demo(ask) {
    const { demo } = await import('./demo/demo.ts')
    await demo(platform, ask, (text) => void process.stdout.write(text))
  },
  async settings(name, params, home) {
    const { runSettings } = await import('./settings/settings.ts')
    const env = { ...process.env, HOME: process.env['HOME'] ?? homedir() }
    return runSettings(name, params, {
      env: home === undefined ? env : { ...env, SPANLEDGER_HOME: home },
      cwd: process.cwd(),
    })
  },
  async connect(home) {
    const { connect } = await import('./connect.ts')
    return connect(platform, home)
  },
  async trace(command, ask) {
    const { commandTrace } = await import('./command-trace.ts')
    return commandTrace(platform, process.env)(command, ask)
  },
  async open(dir: string, options: { create?: boolean } = {}): Promise<Asker> {
    const { openHome } = await import('@spanledger/sdk/ledger')
    const home = options.create === true ? await openHome(platform, dir) : await openExisting(dir)
    const { createQuestions } = await import('./questions.ts')
    return createQuestions(platform, home)
  },
}

/** For questions: never makes a home, and one that cannot be written is read all the same. */
async function openExisting(dir: string): Promise<Home> {
  const { openHome } = await import('@spanledger/sdk/ledger')
  const readOnly = await openHome(platform, dir, { readOnly: true })
  return openHome(platform, dir).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'HOME_UNWRITABLE') return readOnly
    throw error
  })
}

// The whole program: the only place that sets how the process ends.
process.exitCode = await runCli(words, host)
