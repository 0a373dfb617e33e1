import type {
  ExponentialBuckets,
  ExponentialHistogramPoint,
  HistogramPoint,
  MetricData,
  NumberPoint,
  ValueType,
} from '../data.ts'
import { literal } from './line-buffer.ts'
import type { LineBuffer, Literal } from './line-buffer.ts'
import { ATTRS } from './span-line.ts'
import { writeAttributes } from './values.ts'

const POINT = literal('{"point":')
const METRIC = literal(',"metric":"')
const TIME = literal('","time":"')
const START = literal(',"start":"')
const QUOTE = literal('"')
const VALUE = literal(',"value":')
const COUNT = literal(',"count":')
const SUM = literal(',"sum":')
const MIN = literal(',"min":')
const MAX = literal(',"max":')
const BOUNDS = literal(',"bounds":[')
const COUNTS = literal(',"counts":[')

/** The line of point `index` up to its `in`. Source: ledger-format.md, "Metric points". */
export function writePoint(out: LineBuffer, metric: MetricData, index: number, metricId: string): void {
  const point = metric.points[index]!
  out.raw(POINT)
  out.string(metric.metric.name)
  out.raw(METRIC)
  out.ascii(metricId)
  out.raw(TIME)
  out.time(point.seconds, point.nanos)
  out.raw(QUOTE)
  if (point.startSeconds !== 0 || point.startNanos !== 0) {
    out.raw(START)
    out.time(point.startSeconds, point.startNanos)
    out.raw(QUOTE)
  }
  if (metric.type === 'histogram') writeHistogram(out, point as HistogramPoint)
  else if (metric.type === 'exponentialHistogram')
    writeExponentialHistogram(out, point as ExponentialHistogramPoint)
  else writeNumber(out, point as NumberPoint, metric.valueType)
  if (point.attributes.length > 0) {
    out.raw(ATTRS)
    writeAttributes(out, point.attributes)
  }
}

function writeNumber(out: LineBuffer, { value }: NumberPoint, valueType: ValueType): void {
  out.raw(VALUE)
  if (valueType === 'int') out.number(value)
  else out.double(value)
}

function writeHistogram(out: LineBuffer, point: HistogramPoint): void {
  out.raw(COUNT)
  out.uint(point.count)
  writeDouble(out, SUM, point.sum)
  writeDouble(out, MIN, point.min)
  writeDouble(out, MAX, point.max)
  if (point.bounds.length > 0) {
    out.raw(BOUNDS)
    for (const bound of point.bounds) {
      out.double(bound)
      out.byte(0x2c)
    }
    out.close(0x5d)
  }
  out.raw(COUNTS)
  for (const count of point.counts) {
    out.uint(count)
    out.byte(0x2c)
  }
  out.close(0x5d)
}

function writeExponentialHistogram(out: LineBuffer, point: ExponentialHistogramPoint): void {
  out.raw(COUNT)
  out.uint(point.count)
  writeDouble(out, SUM, point.sum)
  writeDouble(out, MIN, point.min)
  writeDouble(out, MAX, point.max)
  if (point.scale !== 0) out.ascii(`,"scale":${point.scale}`)
  if (point.zeroCount !== 0) out.ascii(`,"zeroCount":${point.zeroCount}`)
  writeBuckets(out, 'positive', point.positive)
  writeBuckets(out, 'negative', point.negative)
}

function writeBuckets(out: LineBuffer, name: string, { offset, counts }: ExponentialBuckets): void {
  // An offset of no buckets says nothing.
  if (counts.length === 0) return
  const members = [...(offset === 0 ? [] : [`"offset":${offset}`]), `"counts":[${counts.join(',')}]`]
  out.ascii(`,"${name}":{${members.join(',')}}`)
}

function writeDouble(out: LineBuffer, name: Literal, value: number | undefined): void {
  if (value === undefined) return
  out.raw(name)
  out.double(value)
}
