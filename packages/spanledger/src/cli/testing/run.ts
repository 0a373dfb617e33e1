import { Readable } from 'node:stream'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { loadPrices, openSessionReadModel } from '../../projection/index.ts'
import { openQueries } from '../../query/index.ts'
import type { Asker, CliHost } from '../host.ts'
import { Work } from '../../work/index.ts'
import { runCli } from '../run-cli.ts'

export interface Ran {
  exit: number
  out: string
  err: string
}

/** The queries over a home, wired as the program does it. */
async function openAsker(dir: string, workingDirectory = dir): Promise<Asker> {
  const platform = nodePlatform()
  const home = await openHome(platform, dir, { readOnly: false })
  const events = await openEventStore(platform, home, {})
  const prices = await loadPrices(platform, home)
  const queries = openQueries({
    platform,
    home,
    version: '1.2.3',
    events: () => Promise.resolve(events),
    sessions: () => Promise.resolve(openSessionReadModel({ platform, home, events, prices })),
    work: () =>
      Promise.resolve(
        new Work({
          platform,
          home,
          events,
          redact: (text) => text,
          workingDirectory,
          userHome: dir,
          asking: { agent: 'tester' },
        }),
      ),
    async transcoder() {
      const { createTranscoder } = await import('../../otlp/index.ts')
      const { createRedactor } = await import('@spanledger/sdk/redact')
      return createTranscoder({ redactor: createRedactor({}) })
    },
    async redactor() {
      const { createRedactor } = await import('@spanledger/sdk/redact')
      return createRedactor({})
    },
    input: () => Readable.from([]),
    user: { home: dir, env: {} },
    daemon: () => Promise.resolve(undefined),
    retention: () => Promise.resolve({}),
  })
  return {
    run: (name, params) => queries.run(name, params),
    async close() {
      queries.close()
      await events.close()
    },
  }
}

/** Runs one command line with its output captured. */
export async function run(
  argv: string[],
  options: Partial<CliHost> & {
    home?: string
    columns?: number
    tty?: boolean
    workingDirectory?: string
  } = {},
): Promise<Ran> {
  const { home, columns = 100, tty = false, workingDirectory, ...host } = options
  let out = ''
  let err = ''
  const exit = await runCli(home === undefined ? argv : [...argv, '--home', home], {
    up: () => Promise.reject(new Error('not in this test')),
    run: () => Promise.reject(new Error('not in this test')),
    demo: () => Promise.reject(new Error('not in this test')),
    settings: () => Promise.reject(new Error('not in this test')),
    open: (dir) => openAsker(dir, workingDirectory),
    version: '1.2.3',
    env: {},
    homeFolder: '/nowhere',
    nowMs: Date.now,
    stdout: { write: (text) => ((out += text), true), columns, isTTY: tty },
    stderr: { write: (text) => ((err += text), true) },
    ...host,
  })
  return { exit, out, err }
}
