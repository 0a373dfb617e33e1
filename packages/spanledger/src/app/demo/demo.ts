import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Platform } from '@spanledger/sdk/platform'
import { startDaemon } from '../daemon.ts'
import { makeRepository } from './repository.ts'

/** The demo's model has no provider and so no price; this one is invented, in the demo's home, and says so. */
const PRICES = {
  prices: [
    {
      model: 'demo-model',
      validFrom: '2020-01-01',
      input: 3,
      output: 15,
      cacheRead: 0.3,
      source: 'invented for the demo',
    },
  ],
}

/**
 * `spanledger demo`: a small git repository with a bug, an agent process that fixes it (scripted model, real tools), real OTLP to a daemon of
 * its own, and the questions answered with what was recorded. Everything lies in a temporary folder that is named at the end.
 *
 * ask  runs one command line of this program, such as ['sessions'], for the demo's home
 */
export async function demo(
  platform: Platform,
  ask: (argv: string[]) => Promise<unknown>,
  print: (text: string) => void,
): Promise<void> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'spanledger-demo-')))
  const home = join(folder, 'home')
  const repository = join(folder, 'price-list')
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'prices.json'), JSON.stringify(PRICES, undefined, 2), { mode: 0o600 })
  makeRepository(repository)
  const daemon = await startDaemon(platform, { home, otlpHttpPort: 0, otlpGrpcPort: 0, port: 0 })
  try {
    print(`This is a demo: the model is a script and its price invented; the repository, the tools, the telemetry and the answers are real.

An agent fixes a failing test in ${repository} and sends OpenTelemetry to port ${daemon.otlpHttpPort} ...
`)
    await runAgent(repository, daemon.otlpHttpPort)
    for (const argv of [['sessions'], ['session', 'show', 'last'], ['traces'], ['status']]) {
      print(`\n$ spanledger ${argv.join(' ')} --home ${home}\n`)
      await ask([...argv, '--home', home])
    }
  } finally {
    await daemon.close()
  }
  print(`
Ask on: npx spanledger session show last --json --home ${home}
Look at the ledger itself: ${join(home, 'ledger')}
Remove the demo: rm -r ${folder}
Record your own agents: npx spanledger up
`)
}

function runAgent(repository: string, port: number): Promise<void> {
  const script = fileURLToPath(new URL('./agent.js', import.meta.url))
  const env = { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: `http://localhost:${port}` }
  const child = spawn(process.execPath, [script], {
    cwd: repository,
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`the demo's agent ended with ${code}`)),
    )
  })
}
