import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  Link,
  LogData,
  MetricData,
  NumberPoint,
  SpanData,
  SpanEvent,
  ValueType,
} from '@spanledger/sdk/record'
import { SPAN_KINDS, STATUS_CODES, TEMPORALITIES } from '../numbers.ts'
import { anyValue, attributesField, count, number, quoted, text, time } from './values.ts'

/** OTLP/JSON: lowerCamelCase, ids in hex, enums as numbers, 64-bit integers as text. Source: OTLP specification, "JSON Protobuf Encoding" */

export function spanJson(span: SpanData): string {
  return (
    `{"traceId":"${span.traceId}","spanId":"${span.spanId}"${text('traceState', span.traceState)}` +
    `${text('parentSpanId', span.parentSpanId)},"name":${quoted(span.name)},"kind":${SPAN_KINDS[span.kind]}` +
    `,"startTimeUnixNano":${time(span.startSeconds, span.startNanos)}` +
    `,"endTimeUnixNano":${time(span.endSeconds, span.endNanos)}${attributesField(span.attributes)}` +
    `${count('droppedAttributesCount', span.droppedAttributes)}${list('events', span.events, eventJson)}` +
    `${count('droppedEventsCount', span.droppedEvents)}${list('links', span.links, linkJson)}` +
    `${count('droppedLinksCount', span.droppedLinks)}${statusField(span)}${count('flags', span.flags)}}`
  )
}

const eventJson = (event: SpanEvent): string =>
  `{"timeUnixNano":${time(event.seconds, event.nanos)}${text('name', event.name)}` +
  `${attributesField(event.attributes)}${count('droppedAttributesCount', event.droppedAttributes)}}`

const linkJson = (link: Link): string =>
  `{"traceId":"${link.traceId}","spanId":"${link.spanId}"${text('traceState', link.traceState)}` +
  `${attributesField(link.attributes)}${count('droppedAttributesCount', link.droppedAttributes)}${count('flags', link.flags)}}`

function statusField({ status, statusMessage }: SpanData): string {
  if (status === 'unset' && statusMessage === '') return ''
  return `,"status":{"code":${STATUS_CODES[status]}${text('message', statusMessage)}}`
}

export function logJson(log: LogData): string {
  return (
    `{"timeUnixNano":${time(log.seconds, log.nanos)}` +
    `,"observedTimeUnixNano":${time(log.observedSeconds, log.observedNanos)}` +
    `${count('severityNumber', log.severity)}${text('severityText', log.severityText)}` +
    `${log.body === undefined ? '' : `,"body":${anyValue(log.body)}`}${attributesField(log.attributes)}` +
    `${count('droppedAttributesCount', log.droppedAttributes)}${count('flags', log.flags)}` +
    `${text('traceId', log.traceId)}${text('spanId', log.spanId)}${text('eventName', log.eventName)}}`
  )
}

export function metricJson(data: MetricData): string {
  const { name, description, unit } = data.metric
  const points =
    data.type === 'histogram'
      ? data.points.map(histogramPoint)
      : data.type === 'exponentialHistogram'
        ? data.points.map(exponentialHistogramPoint)
        : data.points.map((point) => numberPoint(point, data.valueType))
  const temporality =
    data.type === 'gauge' ? '' : `,"aggregationTemporality":${TEMPORALITIES[data.temporality]}`
  const monotonic = data.type === 'sum' && data.monotonic ? ',"isMonotonic":true' : ''
  return (
    `{"name":${quoted(name)}${text('description', description)}${text('unit', unit)}` +
    `,"${data.type}":{"dataPoints":[${points.join(',')}]${temporality}${monotonic}}}`
  )
}

function numberPoint(point: NumberPoint, valueType: ValueType): string {
  const isInt = valueType === 'int' && Number.isSafeInteger(point.value)
  const value = isInt ? `"asInt":"${point.value}"` : `"asDouble":${number(point.value)}`
  return `{${value}${times(point)}${attributesField(point.attributes)}}`
}

function exponentialHistogramPoint(point: ExponentialHistogramPoint): string {
  return (
    `{"count":"${point.count}","sum":${number(point.sum)}${range(point)}${count('scale', point.scale)}` +
    `${point.zeroCount === 0 ? '' : `,"zeroCount":"${point.zeroCount}"`}${buckets('positive', point.positive)}` +
    `${buckets('negative', point.negative)}${times(point)}${attributesField(point.attributes)}}`
  )
}

function buckets(name: string, { offset, counts }: ExponentialBuckets): string {
  if (counts.length === 0) return ''
  return `,"${name}":{"offset":${offset}${list('bucketCounts', counts, (one) => `"${one}"`)}}`
}

function range({ min, max }: HistogramPoint | ExponentialHistogramPoint): string {
  return `${min === undefined ? '' : `,"min":${number(min)}`}${max === undefined ? '' : `,"max":${number(max)}`}`
}

function histogramPoint(point: HistogramPoint): string {
  const counts = list('bucketCounts', point.counts, (one) => `"${one}"`)
  const bounds = list('explicitBounds', point.bounds, number)
  return (
    `{"count":"${point.count}","sum":${number(point.sum)}${range(point)}${counts}${bounds}` +
    `${times(point)}${attributesField(point.attributes)}}`
  )
}

function times(point: NumberPoint | HistogramPoint | ExponentialHistogramPoint): string {
  const hasStart = point.startSeconds !== 0 || point.startNanos !== 0
  const start = hasStart ? `,"startTimeUnixNano":${time(point.startSeconds, point.startNanos)}` : ''
  return `${start},"timeUnixNano":${time(point.seconds, point.nanos)}`
}

/** `,"name":[...]` unless there are none. */
function list<T>(name: string, items: readonly T[], write: (item: T) => string): string {
  return items.length === 0 ? '' : `,"${name}":[${items.map((item) => write(item)).join(',')}]`
}
