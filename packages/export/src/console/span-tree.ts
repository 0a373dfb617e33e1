import type { SpanData } from '@spanledger/sdk/record'
import type { Paint } from './paint.ts'
import { attributeWords, clockTime, duration, word } from './words.ts'

/** The spans of a batch under their parents, as far as these are in it; each trace begins with its id. */
export function spanTree(spans: readonly SpanData[], paint: Paint): string[] {
  const lines: string[] = []
  for (const [traceId, trace] of groupedBy(spans, (span) => span.traceId)) {
    lines.push(paint.dim(`trace ${traceId}`))
    const ids = new Set(trace.map(({ spanId }) => spanId))
    const children = groupedBy(trace, (span) => span.parentSpanId)
    const rest = new Set(trace)
    const put = (span: SpanData, depth: number): void => {
      if (!rest.delete(span)) return
      lines.push(spanLine(span, depth, paint), ...eventLines(span, depth, paint))
      for (const child of (children.get(span.spanId) ?? []).toSorted(byStart)) put(child, depth + 1)
    }
    for (const span of trace.toSorted(byStart)) if (!ids.has(span.parentSpanId)) put(span, 1)
    // Spans that are one another's ancestors.
    for (const span of trace) put(span, 1)
  }
  return lines
}

function spanLine(span: SpanData, depth: number, paint: Paint): string {
  const took = duration(span.endSeconds - span.startSeconds, span.endNanos - span.startNanos)
  const name = span.status === 'error' ? paint.red(word(span.name)) : paint.bold(word(span.name))
  const kind = span.kind === 'internal' ? '' : ` ${span.kind}`
  const status = span.status === 'error' ? paint.red(` ERROR ${word(span.statusMessage)}`.trimEnd()) : ''
  const start = paint.dim(clockTime(span.startSeconds, span.startNanos))
  return `${'  '.repeat(depth)}${start} ${name} ${took}${kind}${status}${paint.dim(attributeWords(span.attributes))}`
}

function eventLines(span: SpanData, depth: number, paint: Paint): string[] {
  return span.events.map(
    (event) =>
      `${'  '.repeat(depth + 1)}${paint.dim(clockTime(event.seconds, event.nanos))} * ${word(event.name)}${paint.dim(attributeWords(event.attributes))}`,
  )
}

function groupedBy(spans: readonly SpanData[], keyOf: (span: SpanData) => string): Map<string, SpanData[]> {
  const groups = new Map<string, SpanData[]>()
  for (const span of spans) {
    const key = keyOf(span)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [span])
    else group.push(span)
  }
  return groups
}

const byStart = (a: SpanData, b: SpanData): number =>
  a.startSeconds - b.startSeconds || a.startNanos - b.startNanos
