import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { openHome } from '@spanledger/sdk/ledger'
import type {
  Attributes,
  LedgerKind,
  LogLine,
  MetricLine,
  PointLine,
  RecordedEvent,
  SpanLine,
} from '@spanledger/sdk/model'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { openSessionReadModel, priceTable } from '../../projection/index.ts'
import { Work } from '../../work/index.ts'
import { openQueries, type Queries } from '../open-queries.ts'

/** A ledger written by hand, line by line, as the format says: so that tests can also write what is wrong. */
export interface SmallLedger {
  dir: string
  /** One more segment; strings are written as they are, objects as lines. Returns its path. */
  segment(
    kind: LedgerKind,
    lines: readonly (object | string)[],
    options?: { torn?: string; name?: string },
  ): string
  /** pricePerMillion  of every token of every model; nothing has a price where it is absent */
  queries(options?: {
    pricePerMillion?: number
    readOnly?: boolean
    input?: AsyncIterable<Buffer>
  }): Promise<Queries>
  remove(): Promise<void>
}

export const T0 = Date.UTC(2026, 10, 21, 12)

/** Unix nanoseconds at so many milliseconds after T0. */
export const at = (ms: number): string => String(BigInt(T0) * 1_000_000n + BigInt(Math.round(ms * 1e6)))

export function smallLedger(): SmallLedger {
  const dir = mkdtempSync(join(tmpdir(), 'spanledger-query-'))
  for (const kind of ['spans', 'logs', 'metrics', 'events'])
    mkdirSync(join(dir, 'ledger', kind), { recursive: true })
  for (const folder of ['index', 'run']) mkdirSync(join(dir, folder))
  writeFileSync(join(dir, 'home.json'), '{"spanledger":1}\n')
  const closing: (() => Promise<void> | void)[] = []
  let count = 0
  return {
    dir,
    segment(kind, lines, { torn = '', name } = {}) {
      count++
      const usual =
        kind === 'events'
          ? String(count).padStart(20, '0')
          : `20261121T12000${count % 10}000Z-3f9c1a2b7d04-${String(count).padStart(6, '0')}`
      const segment = name ?? usual
      const head = {
        ledger: 1,
        kind,
        segment,
        writer: '3f9c1a2b7d04',
        created: at(0),
        ...(kind === 'events' ? { position: 1 } : {}),
      }
      const text = [head, ...lines]
        .map((line) => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n')
        .join('')
      const path = join(dir, 'ledger', kind, `${segment}.jsonl`)
      writeFileSync(path, text + torn)
      return path
    },
    async queries({ pricePerMillion: usd, readOnly = false, input = Readable.from([]) } = {}) {
      const platform = nodePlatform()
      const home = await openHome(platform, dir, { readOnly })
      const clock = { ...platform.clock, nowMs: () => T0 + 3_600_000 }
      const queries = openQueries({
        platform: { ...platform, clock },
        home,
        version: '1.2.3',
        async events() {
          const store = await openEventStore(platform, home, {})
          closing.push(() => store.close())
          return store
        },
        async sessions() {
          const store = await openEventStore(platform, home, {})
          closing.push(() => store.close())
          return openSessionReadModel({
            platform: { ...platform, clock },
            home,
            events: store,
            prices: priceTable(
              usd === undefined ? [] : [{ model: '*', validFrom: '1970-01-01', input: usd, output: usd }],
            ),
          })
        },
        async work() {
          const store = await openEventStore(platform, home, {})
          const work = new Work({
            platform: { ...platform, clock },
            home,
            events: store,
            redact: (text) => text,
            workingDirectory: dir,
            userHome: dir,
            asking: { agent: 'nobody' },
          })
          closing.push(async () => {
            await work.close()
            await store.close()
          })
          return work
        },
        async transcoder() {
          const [{ createTranscoder }, { createRedactor }] = await Promise.all([
            import('../../otlp/index.ts'),
            import('@spanledger/sdk/redact'),
          ])
          return createTranscoder({ redactor: createRedactor({}) })
        },
        async redactor() {
          const { createRedactor } = await import('@spanledger/sdk/redact')
          return createRedactor({})
        },
        input: () => input,
        user: { home: dir, env: {} },
        daemon: () => Promise.resolve(undefined),
        retention: () => Promise.resolve({}),
      })
      closing.push(() => queries.close())
      return queries
    },
    async remove() {
      for (const close of closing.toReversed()) await close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

const definitionId = (content: object): string =>
  createHash('sha256').update(JSON.stringify(content)).digest().subarray(0, 6).toString('base64url')

export function origin(service: string, more: Attributes = {}): { origin: string } {
  const content = { resource: { attrs: { 'service.name': service, ...more } }, scope: { name: 'test' } }
  return { origin: definitionId(content), ...content }
}

export function metricDefinition(content: Omit<MetricLine, 'metric'>): MetricLine {
  return { metric: definitionId(content), ...content }
}

export const traceId = (n: number): string => n.toString(16).padStart(8, '0').repeat(4)
export const spanId = (n: number): string => n.toString(16).padStart(16, '0')

/** Keys in the order of the format. */
export function span(trace: number, id: number, more: Partial<SpanLine> & { in: string }): SpanLine {
  const { parent, name = `span ${id}`, kind, start = at(id), in: from, ...rest } = more
  return {
    span: spanId(id),
    trace: traceId(trace),
    ...(parent === undefined ? {} : { parent }),
    name,
    ...(kind === undefined ? {} : { kind }),
    start,
    ...(rest.end === undefined ? { ns: 1_000_000 } : {}),
    ...rest,
    in: from,
  }
}

export const log = (ms: number, more: Partial<LogLine> & { in: string }): LogLine => ({
  log: at(ms),
  ...more,
})

export const point = (
  metric: MetricLine,
  ms: number,
  more: Partial<PointLine> & { in: string },
): PointLine => ({
  point: metric.name,
  metric: metric.metric,
  time: at(ms),
  ...more,
})

export const event = (
  position: number,
  type: string,
  stream: string,
  version: number,
  data: unknown = {},
): RecordedEvent => ({
  event: type,
  id: `00000000-0000-8000-8000-${String(position).padStart(12, '0')}`,
  stream,
  version,
  position,
  time: at(position),
  data,
})
