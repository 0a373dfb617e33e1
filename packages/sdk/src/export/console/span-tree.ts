import type { SpanData } from '../../record/index.ts'
import type { Paint } from './paint.ts'
import { attributeWords, clockTime, duration, word } from './words.ts'

/** The spans of a batch under their parents, as far as these are in it; each trace begins with its id. */
export function spanTree(spans: readonly SpanData[], paint: Paint): string[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const children = new Map<string, SpanData[]>()
  const traces = new Map<string, SpanData[]>()
  for (const span of spans) {
    const isChild = span.parentSpanId !== span.spanId && ids.has(span.parentSpanId)
    add(isChild ? children : traces, isChild ? span.parentSpanId : span.traceId, span)
  }
  const lines: string[] = []
  const put = (all: readonly SpanData[], depth: number): void => {
    for (const span of all.toSorted(byStart)) {
      lines.push(spanLine(span, depth, paint), ...eventLines(span, depth, paint))
      put(children.get(span.spanId) ?? [], depth + 1)
    }
  }
  for (const [traceId, roots] of traces) {
    lines.push(paint.dim(`trace ${traceId}`))
    put(roots, 1)
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

function add(groups: Map<string, SpanData[]>, key: string, span: SpanData): void {
  const group = groups.get(key)
  if (group === undefined) groups.set(key, [span])
  else group.push(span)
}

const byStart = (a: SpanData, b: SpanData): number =>
  a.startSeconds - b.startSeconds || a.startNanos - b.startNanos
