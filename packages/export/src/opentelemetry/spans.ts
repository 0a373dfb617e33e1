import type { SpanData } from '@spanledger/sdk/record'
import { flagsOf, listOf, moment, scopeOf } from './common.ts'
import type { ReadableSpan } from './sdk-types.ts'

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer'] as const
const STATUSES = ['unset', 'ok', 'error'] as const

export function spanData(span: ReadableSpan): SpanData {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const start = moment(span.startTime)
  const end = later(start, moment(span.endTime))
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? '',
    traceState: traceState?.serialize() ?? '',
    flags: flagsOf(traceFlags, span.parentSpanContext),
    name: span.name,
    kind: KINDS[span.kind] ?? 'internal',
    startSeconds: start.seconds,
    startNanos: start.nanos,
    endSeconds: end.seconds,
    endNanos: end.nanos,
    status: STATUSES[span.status.code] ?? 'unset',
    statusMessage: span.status.message ?? '',
    attributes: listOf(span.attributes),
    droppedAttributes: span.droppedAttributesCount,
    events: span.events.map(({ name, time, attributes, droppedAttributesCount }) => ({
      name,
      ...moment(time),
      attributes: listOf(attributes),
      droppedAttributes: droppedAttributesCount ?? 0,
    })),
    droppedEvents: span.droppedEventsCount,
    links: span.links.map(({ context, attributes, droppedAttributesCount }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: context.traceState?.serialize() ?? '',
      attributes: listOf(attributes),
      droppedAttributes: droppedAttributesCount ?? 0,
      flags: flagsOf(context.traceFlags, context),
    })),
    droppedLinks: span.droppedLinksCount,
    scope: scopeOf(span.instrumentationScope),
  }
}

type Moment = ReturnType<typeof moment>

/** No span ends before it begins. */
const later = (start: Moment, end: Moment): Moment =>
  end.seconds < start.seconds || (end.seconds === start.seconds && end.nanos < start.nanos) ? start : end
