import { afterEach, beforeEach } from 'vitest'
import { forceFlush, shutdown, start } from '@spanledger/sdk'
import type { AttributeList, LogData, MetricData, SpanData } from '@spanledger/sdk/record'

/** What was recorded since the test began. */
export interface Recorded {
  readonly spans: SpanData[]
  readonly logs: LogData[]
  /** The last collection's points of a metric, flat. */
  points(name: string): Promise<Record<string, unknown>[]>
  /** A span by its name; there must be exactly one. */
  span(name: string): SpanData
}

/** Recording is on in every test of the file. */
export function recordInTests(): Recorded {
  const spans: SpanData[] = []
  const logs: LogData[] = []
  let metrics: readonly MetricData[] = []
  beforeEach(async () => {
    spans.length = logs.length = 0
    metrics = []
    const keep = {
      span: (span: SpanData) => void spans.push(span),
      log: (log: LogData) => void logs.push(log),
      metrics: (found: readonly MetricData[]) => void (metrics = found),
      forceFlush: async () => {},
      shutdown: async () => {},
    }
    await start({ processors: () => [keep], atExit: false, openTelemetry: false, level: 'trace' })
  })
  afterEach(shutdown)
  return {
    spans,
    logs,
    async points(name) {
      await forceFlush()
      const found = metrics.find(({ metric }) => metric.name === name)
      return (found?.points ?? []).map(({ attributes, ...point }) => ({ ...object(attributes), ...point }))
    },
    span(name) {
      const found = spans.filter((span) => span.name === name)
      if (found.length !== 1)
        throw new Error(`${found.length} spans ${name} among ${spans.map((span) => span.name).join(', ')}`)
      return found[0]!
    },
  }
}

export function object(attributes: AttributeList): Record<string, unknown> {
  const entries: [string, unknown][] = []
  for (let i = 0; i < attributes.length; i += 2) entries.push([attributes[i] as string, attributes[i + 1]])
  return Object.fromEntries(entries)
}

/** The spans as a tree of names, children in the order they began. */
export function tree(spans: readonly SpanData[]): object {
  const under = (parent: string): object =>
    Object.fromEntries(
      spans
        .filter(({ parentSpanId }) => parentSpanId === parent)
        .toSorted((a, b) => a.startSeconds - b.startSeconds || a.startNanos - b.startNanos)
        .map(({ name, spanId }) => [name, under(spanId)]),
    )
  const ids = new Set(spans.map(({ spanId }) => spanId))
  return Object.assign(
    {},
    ...[...new Set(spans.filter((s) => !ids.has(s.parentSpanId)).map((s) => s.parentSpanId))].map(under),
  ) as object
}
