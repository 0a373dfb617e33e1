// What recording costs in the program that is recorded: off, on to the ledger file, and its import; each beside OpenTelemetry JS 2.x in
// the same run. Each figure is taken in a process of its own, so that neither is compiled for the other.
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { pack } from '../tools/pack-sdk.mjs'
import { count, median, onOneProcessor, root, tempHome } from './lib.mjs'

const ROUNDS = 5
const program = join(root, 'bench/sdk-program.mjs')

export async function run() {
  await pack('sdk')
  const figures = {}
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of ['ours', 'theirs']) {
      for (const what of ['off', 'on', 'import']) {
        for (const [name, value] of Object.entries(measure(side, what)))
          (figures[`${side} ${name}`] ??= []).push(value)
      }
    }
  }
  const shown = (name, unit, digits) =>
    name in figures
      ? `${median(figures[name]).toFixed(digits)} ${unit} (${figures[name].map((value) => value.toFixed(digits)).join(', ')})`
      : '-'
  const row = (what, name, unit, digits, goal) => ({
    what,
    value: `${shown(`ours ${name}`, unit, digits)}; OpenTelemetry JS ${shown(`theirs ${name}`, unit, digits)}`,
    goal,
  })
  return [
    row('off: an instrumented call over the bare call', 'off', 'ns', 1, '5 ns'),
    row(
      'a span with 8 attributes, CPU time (ours: written to the ledger; theirs: batched, exported nowhere)',
      'span',
      'us',
      2,
      '2.5 us',
    ),
    row('a log record with 2 attributes, the same', 'log', 'us', 2, '1 us'),
    row('a counter, add without attributes', 'counter', 'ns', 1, '50 ns'),
    row('a counter, add with 2 attributes', 'counter2', 'ns', 1, '50 ns'),
    row(
      'import, after the first of the process (ours: @spanledger/sdk as published; theirs: @opentelemetry/api)',
      'importMs',
      'ms',
      1,
      '5 ms',
    ),
    row('heap after import', 'importMiB', 'MiB', 2, '2 MB'),
    {
      what: 'package, unpacked (theirs: API, core, resources, conventions, context and the three SDKs, no exporter)',
      value: `${count(bytesIn('packages/sdk/pack'))} bytes; OpenTelemetry JS ${count(THEIRS.reduce((sum, name) => sum + bytesIn(`node_modules/@opentelemetry/${name}`), 0))} bytes`,
      goal: '150,000 bytes',
    },
    {
      what: 'records dropped while measuring',
      value: count(figures['ours dropped'].reduce((a, b) => a + b, 0)),
      goal: '0',
    },
  ]
}

/** What records spans, log records and metrics with OpenTelemetry's SDK. */
const THEIRS = [
  'api',
  'api-logs',
  'core',
  'resources',
  'semantic-conventions',
  'context-async-hooks',
  'sdk-trace-base',
  'sdk-metrics',
  'sdk-logs',
]

const bytesIn = (folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)

function measure(side, what) {
  const { home, remove } = tempHome()
  try {
    const [command, ...args] = onOneProcessor(process.execPath, '--expose-gc', program, side, what, home)
    const { stdout, stderr, status } = spawnSync(command, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  } finally {
    remove()
  }
}
