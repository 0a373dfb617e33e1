import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ExpectStatic } from 'vitest'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
/** What is published: the build. */
export const REGISTER = at('../../../dist/api/register.js')
const SDK = at('../../../dist/api/index.js')
export const PROGRAM = at('program.mjs')

/** How the runtime that these tests are run on starts a program behind another module: Node, Deno or Bun. */
export const preloading = (module: string): string[] =>
  'deno' in process.versions
    ? [process.execPath, 'run', '--allow-all', '--preload', module]
    : [process.execPath, 'bun' in process.versions ? '--preload' : '--import', module]

export interface Ran {
  status: number | null
  signal: string | null
  output: string
  /** Lines of the ledger that are records, parsed, by their kind. */
  spans: Record<string, unknown>[]
  logs: Record<string, unknown>[]
  points: Record<string, unknown>[]
  events: Record<string, unknown>[]
}

/** Runs program.mjs, or another, under a runtime, with a ledger of its own: an empty one unless `home` is given. */
export function runProgram(
  command: readonly string[],
  how: string,
  env: Record<string, string> = {},
  program: string = PROGRAM,
  home: string = mkdtempSync(join(tmpdir(), 'spanledger-')),
): Ran {
  try {
    const { status, signal, stdout, stderr } = spawnSync(command[0]!, [...command.slice(1), program, how], {
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        SPANLEDGER_HOME: home,
        SPANLEDGER_SDK: SDK,
        ...env,
      },
      encoding: 'utf8',
      timeout: 20_000,
    })
    return { status, signal, output: stdout + (how === 'throw' ? '' : stderr), ...linesIn(home) }
  } finally {
    rmSync(home, { recursive: true })
  }
}

function linesIn(home: string): Pick<Ran, 'spans' | 'logs' | 'points' | 'events'> {
  const read = (kind: string, first: string): Record<string, unknown>[] => {
    const folder = join(home, 'ledger', kind)
    let names: string[] = []
    try {
      names = readdirSync(folder)
    } catch {
      return []
    }
    const text = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
    const lines = text.split('\n').filter((line) => line.startsWith(`{"${first}"`))
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  }
  return {
    spans: read('spans', 'span'),
    logs: read('logs', 'log'),
    points: read('metrics', 'point'),
    events: read('events', 'event'),
  }
}

/** The same without waiting, for a program that sends to this process. */
export function sendFromProgram(
  command: readonly string[],
  how: string,
  env: Record<string, string>,
  program: string = PROGRAM,
): Promise<{ status: number | string | null; err: string }> {
  const child = spawn(command[0]!, [...command.slice(1), program, how], {
    env: { PATH: process.env['PATH'], SPANLEDGER_SDK: SDK, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 20_000,
  })
  let err = ''
  child.stderr.on('data', (chunk) => (err += chunk))
  return new Promise((resolve) =>
    child.on('close', (code, signal) => resolve({ status: code ?? signal, err })),
  )
}

/** What program.mjs records, as names and bodies that are found in requests of OTLP/JSON, sorted. */
export const EVERYTHING = [
  'handle order',
  'heat',
  'not paid',
  'order accepted',
  'orders',
  'pay',
  'remote',
  'took',
]

/** Names of spans, bodies of log records and names of metrics in requests of OTLP/JSON. */
export const namesIn = (requests: readonly { body: Buffer }[]): string[] =>
  requests
    .flatMap(({ body }) => [...body.toString().matchAll(/"(?:name|body)":(?:\{"stringValue":)?"([^"]*)"/g)])
    .map(([, name]) => name!)

/** What program.mjs records, however it ended. */
export function expectWhole(expect: ExpectStatic, { output, spans, logs, points }: Ran): void {
  const byName = Object.fromEntries(spans.map((span) => [span['name'] as string, span]))
  const root = byName['handle order']!
  expect(Object.keys(byName).toSorted()).toEqual(['handle order', 'pay', 'remote'])
  expect(output).toBe(`00-${String(root['trace'])}-${String(root['span'])}-03\n`)
  expect(byName['pay']).toMatchObject({ parent: root['span'], status: 'error', message: 'no money' })
  expect(byName['remote']).toMatchObject({ parent: root['span'], trace: root['trace'], flags: 0x303 })
  expect(logs.map(({ body, trace, span }) => [body, trace, span])).toEqual([
    ['order accepted', root['trace'], root['span']],
    ['not paid', root['trace'], root['span']],
  ])
  expect(new Set(points.map(({ point }) => point))).toEqual(new Set(['orders', 'took', 'heat']))
}
