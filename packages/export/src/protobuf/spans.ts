import type { Link, SpanData, SpanEvent } from '@spanledger/sdk/record'
import { SPAN_KINDS, STATUS_CODES } from '../numbers.ts'
import { writeAttributes } from './values.ts'
import type { ProtobufWriter } from './writer.ts'

/** Source: opentelemetry/proto/trace/v1/trace.proto, message Span */
export function writeSpan(out: ProtobufWriter, field: number, span: SpanData): void {
  const message = out.begin(field)
  out.id(1, span.traceId)
  out.id(2, span.spanId)
  out.text(3, span.traceState)
  out.id(4, span.parentSpanId)
  out.text(5, span.name)
  out.uint(6, SPAN_KINDS[span.kind])
  out.time(7, span.startSeconds, span.startNanos)
  out.time(8, span.endSeconds, span.endNanos)
  writeAttributes(out, 9, span.attributes)
  out.uint(10, span.droppedAttributes)
  for (const event of span.events) writeEvent(out, event)
  out.uint(12, span.droppedEvents)
  for (const link of span.links) writeLink(out, link)
  out.uint(14, span.droppedLinks)
  if (span.status !== 'unset' || span.statusMessage !== '') {
    const status = out.begin(15)
    out.text(2, span.statusMessage)
    out.uint(3, STATUS_CODES[span.status])
    out.end(status)
  }
  out.fixed32(16, span.flags)
  out.end(message)
}

function writeEvent(out: ProtobufWriter, event: SpanEvent): void {
  const message = out.begin(11)
  out.time(1, event.seconds, event.nanos)
  out.text(2, event.name)
  writeAttributes(out, 3, event.attributes)
  out.uint(4, event.droppedAttributes)
  out.end(message)
}

function writeLink(out: ProtobufWriter, link: Link): void {
  const message = out.begin(13)
  out.id(1, link.traceId)
  out.id(2, link.spanId)
  out.text(3, link.traceState)
  writeAttributes(out, 4, link.attributes)
  out.uint(5, link.droppedAttributes)
  out.fixed32(6, link.flags)
  out.end(message)
}
