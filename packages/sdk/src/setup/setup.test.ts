/* oxlint-disable no-console -- the console is what is tested */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { resolveConfig } from '../config/index.ts'
import type { PartialConfig, SdkConfig } from '../config/index.ts'
import { startHttpCollector } from '../../../export/src/testing/collector.ts'
import type { Collector } from '../../../export/src/testing/collector.ts'
import { SEVERITY } from '../record/index.ts'
import type { LogData, MetricData, Processor, Recording, SpanData } from '../record/index.ts'
import { recorderSettings } from './recorder-settings.ts'
import { samplerOf } from './sampler-of.ts'
import { setUpRecording } from './set-up-recording.ts'
import type { StartOptions } from './set-up-recording.ts'

let home: string
let recording: Recording | undefined
let collector: Collector | undefined
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await recording?.shutdown()
  await collector?.close()
  recording = collector = undefined
  rmSync(home, { recursive: true })
})

const configOf = (code: PartialConfig = {}): SdkConfig =>
  resolveConfig({ code, env: { HOME: '/home/me' }, cwd: '/', readFile: () => undefined }).config

async function setUp(options: StartOptions): Promise<Recording> {
  recording = await setUpRecording({ home, atExit: false, ...options })
  return recording!
}

/** One record of each signal. */
async function recordAll({ recorder, forceFlush }: Recording): Promise<void> {
  recorder.tracer('t').startSpan('s').end()
  recorder.logger('t').info('l')
  recorder.meter('t').createCounter('c').add(1)
  await forceFlush()
}

const kindsInLedger = (): string[] => {
  try {
    const folder = join(home, 'ledger')
    return readdirSync(folder)
      .filter((kind) => readdirSync(join(folder, kind)).length > 0)
      .toSorted()
  } catch {
    return []
  }
}
const paths = (): string[] => collector!.received.map(({ path }) => path).toSorted()

describe('records go where the configuration says', () => {
  test('into the ledger unless told', async () => {
    await recordAll(await setUp({}))
    expect(kindsInLedger()).toEqual(['logs', 'metrics', 'spans'])
  })

  test('to a collector that a variable names, instead', async () => {
    collector = await startHttpCollector()
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', collector.url)
    await recordAll(await setUp({ config: { exporters: { otlp: { apiKey: 'k', headers: { a: 'b' } } } } }))
    expect(paths()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
    expect(collector.received[0]!.headers).toMatchObject({ authorization: 'Bearer k', a: 'b' })
    expect(kindsInLedger()).toEqual([])
  })

  test('to several at once, signal by signal', async () => {
    collector = await startHttpCollector()
    await recordAll(
      await setUp({
        config: {
          exporters: { otlp: { endpoint: collector.url } },
          traces: { exporters: ['ledger', 'otlp'] },
          metrics: { exporters: ['none'] },
          logs: { exporters: ['ledger'] },
        },
      }),
    )
    expect(kindsInLedger()).toEqual(['logs', 'spans'])
    expect(paths()).toEqual(['/v1/traces'])
  })

  test('to the console, a JSON line each where it is not for people', async () => {
    const written: string[] = []
    const write = vi
      .spyOn(process.stderr, 'write')
      .mockImplementation((text) => written.push(String(text)) > 0)
    try {
      await recordAll(
        await setUp({
          config: { exporters: { console: { enabled: true, pretty: false }, ledger: { enabled: false } } },
        }),
      )
      await recording!.shutdown()
    } finally {
      write.mockRestore()
    }
    const lines = written.join('').trim().split('\n').slice(0, 3)
    expect(lines.map((line) => Object.keys(JSON.parse(line) as object)[0]).toSorted()).toEqual([
      'resourceLogs',
      'resourceMetrics',
      'resourceSpans',
    ])
    expect(kindsInLedger()).toEqual([])
  })

  test('and nowhere while it is off', async () => {
    expect(await setUpRecording({ home, config: { enabled: false } })).toBeUndefined()
    expect(readdirSync(home)).toEqual([])
  })
})

test('the resource says what code, variables and files say, and what was found', async () => {
  vi.stubEnv('OTEL_SERVICE_NAME', 'from-variable')
  vi.stubEnv('OTEL_RESOURCE_ATTRIBUTES', 'service.version=2,team=shop')
  const { recorder } = await setUp({ serviceName: 'from-code', attributes: { team: 'mine', list: ['a'] } })
  const list = recorder.resource.attributes
  const told = Object.fromEntries(list.flatMap((name, i) => (i % 2 === 0 ? [[name, list[i + 1]]] : [])))
  expect(told).toMatchObject({
    'service.name': 'from-code',
    'service.version': '2',
    team: 'mine',
    list: ['a'],
    'process.pid': process.pid,
  })
})

describe('the recorder does what the configuration says', () => {
  test('limits, levels, temporality', () => {
    expect(
      recorderSettings(
        configOf({
          level: 'warn',
          limits: {
            attributes: 3,
            attributeLength: 9,
            eventAttributes: 1,
            linkAttributes: 2,
            logAttributeLength: 8,
          },
          metrics: { interval: 1234, temporality: 'lowmemory' },
        }),
      ),
    ).toMatchObject({
      severityMin: SEVERITY.warn,
      limits: {
        attributes: 3,
        stringLength: 9,
        events: 128,
        eventAttributes: 1,
        linkAttributes: 2,
        logAttributes: 128,
        logStringLength: 8,
      },
      metricIntervalMs: 1234,
      temporality: 'lowmemory',
    })
  })

  test('limits of spans and log records leave resource, metrics and bodies alone', async () => {
    const logs: LogData[] = []
    const told: MetricData[] = []
    const { recorder } = await setUp({
      config: {
        service: { name: 'shop' },
        limits: { attributes: 0, attributeLength: 2, logAttributes: 1, logAttributeLength: 3 },
      },
      processors: () => [
        { ...deaf, log: (log) => void logs.push(log), metrics: (metrics) => void told.push(...metrics) },
      ],
    })
    recorder.logger('l').info('a long body', { a: 'a long value', b: 1 })
    recorder.meter('m').createCounter('c').add(1, { route: '/users', method: 'GET' })
    await recorder.collect()
    expect(recorder.resource.attributes).toContain('shop')
    expect(logs).toMatchObject([{ body: 'a long body', attributes: ['a', 'a l'], droppedAttributes: 1 }])
    expect(told[0]!.points).toMatchObject([{ attributes: ['route', '/users', 'method', 'GET'] }])
  })

  test('attributes of events and links are bounded by limits of their own', async () => {
    const spans: SpanData[] = []
    const { recorder } = await setUp({
      config: { limits: { eventAttributes: 1, linkAttributes: 2 } },
      processors: () => [{ ...deaf, span: (span) => void spans.push(span) }],
    })
    const tracer = recorder.tracer('t')
    const span = tracer.startSpan('s', { attributes: { a: 1, b: 2, c: 3 } })
    span.addEvent('e', { a: 1, b: 2 })
    span.addLink({ context: tracer.startSpan('o').spanContext(), attributes: { a: 1, b: 2, c: 3 } })
    span.end()
    expect(spans).toMatchObject([
      {
        attributes: ['a', 1, 'b', 2, 'c', 3],
        events: [{ attributes: ['a', 1], droppedAttributes: 1 }],
        links: [{ attributes: ['a', 1, 'b', 2], droppedAttributes: 1 }],
      },
    ])
  })

  test('low memory tells what is measured here as differences, and what is observed since the start', async () => {
    const told: MetricData[] = []
    const { recorder, forceFlush } = await setUp({
      config: { metrics: { temporality: 'lowmemory' } },
      processors: () => [{ ...deaf, metrics: (all) => void told.push(...all) }],
    })
    const meter = recorder.meter('t')
    const counter = meter.createCounter('counted')
    meter.createObservableCounter('observed').addCallback((result) => result.observe(7))
    for (let round = 0; round < 2; round++) {
      counter.add(1)
      await forceFlush()
    }
    expect(
      told.map((data) => [data.metric.name, 'temporality' in data && data.temporality, data.points]),
    ).toMatchObject([
      ['counted', 'delta', [{ value: 1 }]],
      ['observed', 'cumulative', [{ value: 7 }]],
      ['counted', 'delta', [{ value: 1 }]],
      ['observed', 'cumulative', [{ value: 7 }]],
    ])
  })

  test.each([
    [{}, 'ParentBased{root=AlwaysOnSampler}'],
    [{ probability: 0.5 }, 'ParentBased{root=ProbabilitySampler{0.5}}'],
    [{ sampler: 'traceidratio', probability: 0.5 }, 'TraceIdRatioBased{0.5}'],
    [
      { sampler: 'always_off', rules: [{ name: 'GET /*', probability: 1 }] },
      'ParentBased{root=ByName{GET /*=ProbabilitySampler{1}}}',
    ],
  ] satisfies [PartialConfig['sampling'], string][])('%o samples by %s', (sampling, description) => {
    expect(samplerOf(configOf({ sampling }).sampling).description).toBe(description)
  })
})

const deaf: Processor = {
  span: () => {},
  log: () => {},
  metrics: () => {},
  forceFlush: async () => {},
  shutdown: async () => {},
}

test('warnings name the place, and what to write instead', async () => {
  const told = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  vi.stubEnv('SPANLEDGER_LEVEL', 'loud')
  await setUp({ processors: () => [deaf] })
  expect(told.mock.calls.map(([text]) => text)).toEqual([
    expect.stringContaining('configuration: SPANLEDGER_LEVEL: level: "loud"'),
  ])
  told.mockRestore()
})

test('a program that writes its own processors still has the ledger', async () => {
  await recordAll(await setUp({ processors: ({ ledger }) => [ledger(), deaf] }))
  const [file] = readdirSync(join(home, 'ledger', 'spans'))
  expect(readFileSync(join(home, 'ledger', 'spans', file!), 'utf8')).toContain('"name":"s"')
})

test.each([
  ['ignore', 0, 1],
  ['capture', 1, 1],
  ['replace', 1, 0],
] as const)(
  'logs.console %s: recorded %i, printed %i, and back at the end',
  async (how, recorded, printed) => {
    const logs: LogData[] = []
    const print = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const before = console.warn
    const { shutdown } = await setUp({
      config: { logs: { console: how } },
      processors: () => [{ ...deaf, log: (log) => void logs.push(log) }],
    })
    console.warn('out of %s', 'tea')
    expect(logs.map(({ body, severity }) => [body, severity])).toEqual(
      Array.from({ length: recorded }, () => ['out of tea', SEVERITY.warn]),
    )
    expect(print).toHaveBeenCalledTimes(printed)
    await shutdown()
    expect(console.warn).toBe(before)
    print.mockRestore()
  },
)
