import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  MetricData,
  NumberPoint,
  ValueType,
} from '@spanledger/sdk/record'
import { TEMPORALITIES } from '../numbers.ts'
import { writeAttributes } from './values.ts'
import type { ProtobufWriter } from './writer.ts'

const DATA = { gauge: 5, sum: 7, histogram: 9, exponentialHistogram: 10 }
/** Of Gauge, Sum and both histograms. */
const DATA_POINTS = 1

/** Source: opentelemetry/proto/metrics/v1/metrics.proto, message Metric */
export function writeMetric(out: ProtobufWriter, field: number, data: MetricData): void {
  const message = out.begin(field)
  out.text(1, data.metric.name)
  out.text(2, data.metric.description)
  out.text(3, data.metric.unit)
  const points = out.begin(DATA[data.type])
  if (data.type === 'histogram') for (const point of data.points) writeHistogramPoint(out, point)
  else if (data.type === 'exponentialHistogram')
    for (const point of data.points) writeExponentialHistogramPoint(out, point)
  else for (const point of data.points) writeNumberPoint(out, point, data.valueType)
  if (data.type !== 'gauge') out.uint(2, TEMPORALITIES[data.temporality])
  if (data.type === 'sum' && data.monotonic) out.bool(3, true)
  out.end(points)
  out.end(message)
}

function writeNumberPoint(out: ProtobufWriter, point: NumberPoint, valueType: ValueType): void {
  const message = out.begin(DATA_POINTS)
  out.time(2, point.startSeconds, point.startNanos)
  out.time(3, point.seconds, point.nanos)
  if (valueType === 'int' && Number.isSafeInteger(point.value)) out.fixed64(6, point.value)
  else out.double(4, point.value)
  writeAttributes(out, 7, point.attributes)
  out.end(message)
}

function writeHistogramPoint(out: ProtobufWriter, point: HistogramPoint): void {
  const message = out.begin(DATA_POINTS)
  out.time(2, point.startSeconds, point.startNanos)
  out.time(3, point.seconds, point.nanos)
  if (point.count !== 0) out.fixed64(4, point.count)
  out.double(5, point.sum)
  out.packedFixed64(6, point.counts)
  out.packedDoubles(7, point.bounds)
  writeAttributes(out, 9, point.attributes)
  if (point.min !== undefined) out.double(11, point.min)
  if (point.max !== undefined) out.double(12, point.max)
  out.end(message)
}

function writeExponentialHistogramPoint(out: ProtobufWriter, point: ExponentialHistogramPoint): void {
  const message = out.begin(DATA_POINTS)
  writeAttributes(out, 1, point.attributes)
  out.time(2, point.startSeconds, point.startNanos)
  out.time(3, point.seconds, point.nanos)
  if (point.count !== 0) out.fixed64(4, point.count)
  out.double(5, point.sum)
  out.sint32(6, point.scale)
  if (point.zeroCount !== 0) out.fixed64(7, point.zeroCount)
  writeBuckets(out, 8, point.positive)
  writeBuckets(out, 9, point.negative)
  if (point.min !== undefined) out.double(12, point.min)
  if (point.max !== undefined) out.double(13, point.max)
  out.end(message)
}

function writeBuckets(out: ProtobufWriter, field: number, { offset, counts }: ExponentialBuckets): void {
  if (counts.length === 0) return
  const message = out.begin(field)
  out.sint32(1, offset)
  out.packedUints(2, counts)
  out.end(message)
}
