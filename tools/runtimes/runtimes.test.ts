import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  EVERYTHING,
  expectWhole,
  namesIn,
  PROGRAM,
  type Ran,
  runProgram,
  sendFromProgram,
} from '../../packages/sdk/src/api/testing/run-program.ts'
import {
  type Collector,
  startGrpcCollector,
  startHttpCollector,
} from '../../packages/export/src/testing/collector.ts'
import { commandOf } from '../senders/sender.ts'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** A folder where packages are installed; ours as they are published: tools/pack-sdk.mjs. */
function installed(...names: string[]): string {
  const where = mkdtempSync(join(tmpdir(), 'spanledger-runtimes-'))
  for (const name of names) {
    const from = name.replace(/^@spanledger\/(\w+)$/, 'packages/$1/pack').replace(/^@open/, 'node_modules/$&')
    cpSync(at(`../../${from}`), join(where, 'node_modules', name), { recursive: true })
  }
  // Deno looks into node_modules for what a package.json beside it names.
  const dependencies = Object.fromEntries(names.map((name) => [name, '*']))
  writeFileSync(join(where, 'package.json'), JSON.stringify({ dependencies }))
  return where
}

/** A program of the folder programs/, beside the packages. */
function program(name: string): string {
  copyFileSync(at(`programs/${name}`), join(ALL, name))
  return join(ALL, name)
}

const ALL = installed('@spanledger/sdk', '@spanledger/export', '@spanledger/instrument', '@opentelemetry/api')
const SDK_ALONE = installed('@spanledger/sdk')
afterAll(() => {
  for (const where of [ALL, SDK_ALONE]) rmSync(where, { recursive: true })
})

const registerOf = (where: string): string => join(where, 'node_modules/@spanledger/sdk/register.js')
const REGISTER = registerOf(ALL)
const SPANLEDGER_SDK = join(ALL, 'node_modules/@spanledger/sdk/index.js')

/** How each runtime loads the SDK before a program that is not changed. */
const RUNTIMES = {
  node: ['--import', REGISTER],
  'node-22': ['--import', REGISTER],
  'node-24': ['--import', REGISTER],
  'node-26': ['--import', REGISTER],
  deno: ['run', '--allow-all', '--preload', REGISTER],
  bun: ['--preload', REGISTER],
} as const

const ENDS = ['end', 'exit', 'throw', 'term']

let folder: string
let collector: Collector | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spanledger-runtimes-'))
})
afterEach(async () => {
  await collector?.close()
  collector = undefined
  rmSync(folder, { recursive: true })
})

const names = (records: Ran['spans']): unknown[] => records.map(({ name }) => name).toSorted()

describe.each(Object.keys(RUNTIMES) as (keyof typeof RUNTIMES)[])('the SDK on %s', (runtime) => {
  const commandFor = (skip: (reason: string) => never): string[] => {
    const [executable] = runtime === 'node' ? [process.execPath] : commandOf(runtime, skip)
    return [executable!, ...RUNTIMES[runtime]]
  }

  test.for(ENDS)('keeps everything in the ledger when the program ends by %s', (how, { skip }) => {
    const ran = runProgram(commandFor(skip), how, { SPANLEDGER_SDK })
    expectWhole(expect, ran)
    expect(ran.status === 0).toBe(how === 'end')
  })

  test.for(ENDS)('sends everything to a collector when the program ends by %s', async (how, { skip }) => {
    const command = commandFor(skip)
    collector = await startHttpCollector()
    const { status } = await sendFromProgram(command, how, {
      SPANLEDGER_SDK,
      HOME: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    })
    expect(namesIn(collector.received)).toEqual(expect.arrayContaining(EVERYTHING))
    expect(status === 0).toBe(how === 'end')
  })

  test.for(['http/protobuf', 'grpc'])('speaks %s', async (protocol, { skip }) => {
    const command = commandFor(skip)
    collector = protocol === 'grpc' ? await startGrpcCollector() : await startHttpCollector()
    const { err } = await sendFromProgram(command, 'end', {
      SPANLEDGER_SDK,
      HOME: folder,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip',
    })
    expect(err).toBe('')
    const texts = collector.received.map(({ body }) => body.toString('latin1')).join('')
    for (const name of EVERYTHING) expect(texts).toContain(name)
  })

  test("reads the home's file", ({ skip }) => {
    const home = join(folder, 'home')
    mkdirSync(home)
    writeFileSync(
      join(home, 'config.yaml'),
      'telemetry:\n  level: error\n  sampling:\n    rules: [{ name: handle *, probability: 0 }]\n',
    )
    const { spans, logs } = runProgram(commandFor(skip), 'end', { SPANLEDGER_SDK }, PROGRAM, home)
    expect([spans, logs.map(({ body }) => body)]).toEqual([[], ['not paid']])
  })

  test('records what a library tells OpenTelemetry', ({ skip }) => {
    const { spans, points } = runProgram(commandFor(skip), '', {}, program('through-api.mjs'))
    expect(names(spans)).toEqual(['asked', 'within'])
    expect(points[0]).toMatchObject({ point: 'answers', value: 42 })
  })

  test('keeps in the ledger what it cannot send without @spanledger/export, and says what to install', ({
    skip,
  }) => {
    const alone = registerOf(SDK_ALONE)
    const command = commandFor(skip).map((word) => (word === REGISTER ? alone : word))
    const ran = runProgram(command, 'end', {
      SPANLEDGER_SDK: alone.replace('register.js', 'index.js'),
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    })
    expect(ran.output).toMatch(/@spanledger\/export, which does this, is not installed/)
    expectWhole(expect, { ...ran, output: ran.output.replaceAll(/^\(.*\n/gm, '') })
  })

  test('records what the instrumentations see', ({ skip }) => {
    const { spans, points, events, output } = runProgram(
      commandFor(skip),
      '',
      {},
      program('instrumented.mjs'),
    )
    expect(output).toBe('')
    expect(names(spans)).toEqual(['cache.get', 'job.enqueue welcome', 'order'])
    expect(points.map(({ point }) => point)).toContain('cache.misses')
    expect(events).toMatchObject([{ event: 'JobEnqueued', stream: 'job-1' }])
  })

  test("is where OpenTelemetry's own SDK records to", ({ skip }) => {
    const command = commandFor(skip).filter(
      (word) => !/^--(?:import|preload)$/.test(word) && word !== REGISTER,
    )
    const { spans, points } = runProgram(
      command,
      '',
      { SPANLEDGER_EXPORTER: join(ALL, 'node_modules/@spanledger/export/opentelemetry.js') },
      at('programs/pipeline.mjs'),
    )
    expect(names(spans)).toEqual(['from their SDK'])
    expect(points[0]).toMatchObject({ point: 'counted', value: 7 })
  })
})

test('keeps in the ledger what a file of `deno test` recorded', ({ skip }) => {
  const [deno] = commandOf('deno', skip)
  const { status, spans, logs } = runProgram(
    [deno!, 'test', '--allow-all', '--no-check'],
    '--',
    { SPANLEDGER_SDK },
    at('programs/recording_test.mjs'),
  )
  expect(status).toBe(0)
  expect(names(spans)).toEqual(['work'])
  expect(logs.map(({ body }) => body)).toEqual(['hello'])
})

/** A program of one file, as a bundler makes it where those packages are installed. */
async function bundled(where: string): Promise<string> {
  copyFileSync(at('programs/bundled.mjs'), join(where, 'bundled.mjs'))
  const bundle = await rolldown({ input: join(where, 'bundled.mjs'), platform: 'node', logLevel: 'silent' })
  await bundle.write({ dir: join(folder, 'bundle'), entryFileNames: '[name].mjs' })
  await bundle.close()
  return join(folder, 'bundle/bundled.mjs')
}

test('a program that a bundler made sends where @spanledger/export was installed', async () => {
  collector = await startHttpCollector()
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    HOME: folder,
  }
  expect(await sendFromProgram([process.execPath], '', env, await bundled(ALL))).toEqual({
    status: 0,
    err: '',
  })
  expect(namesIn(collector.received)).toEqual(expect.arrayContaining(['work', 'hello']))
})

test('without it the ledger has what is recorded', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' }
  const { output, spans } = runProgram([process.execPath], '', env, await bundled(SDK_ALONE))
  expect(output).toContain('npm install @spanledger/export')
  expect(names(spans)).toEqual(['work'])
})
