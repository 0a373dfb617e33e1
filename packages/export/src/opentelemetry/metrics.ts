import type { MetricData } from '@spanledger/sdk/record'
import { listOf, moment, scopeOf } from './common.ts'
import type {
  ResourceMetrics,
  SdkExponentialHistogram,
  SdkHistogram,
  SdkMetric,
  SdkPoint,
  SdkScope,
} from './sdk-types.ts'

const HISTOGRAM = 0
const EXPONENTIAL_HISTOGRAM = 1
const GAUGE = 2

/** Metrics without points leave nothing behind. */
export const metricData = ({ scopeMetrics }: ResourceMetrics): MetricData[] =>
  scopeMetrics.flatMap(({ scope, metrics }) =>
    metrics.filter(({ dataPoints }) => dataPoints.length > 0).map((metric) => oneMetric(scope, metric)),
  )

function oneMetric(scope: SdkScope, metric: SdkMetric): MetricData {
  const { name, description, unit, valueType: type } = metric.descriptor
  const common = { metric: { name, description, unit, scope: scopeOf(scope) } }
  const temporality = metric.aggregationTemporality === 0 ? 'delta' : 'cumulative'
  const valueType = type === 0 ? 'int' : 'double'
  const points = metric.dataPoints
  if (metric.dataPointType === HISTOGRAM)
    return { ...common, type: 'histogram', temporality, points: points.map(histogramPoint) }
  if (metric.dataPointType === EXPONENTIAL_HISTOGRAM)
    return { ...common, type: 'exponentialHistogram', temporality, points: points.map(exponentialPoint) }
  const numbers = points.map((point) => ({ ...times(point), value: point.value as number }))
  if (metric.dataPointType === GAUGE) {
    // OTLP has no start for what is only ever the last value.
    const gauges = numbers.map((point) => ({ ...point, startSeconds: 0, startNanos: 0 }))
    return { ...common, type: 'gauge', valueType, points: gauges }
  }
  const monotonic = metric.isMonotonic === true
  return { ...common, type: 'sum', valueType, monotonic, temporality, points: numbers }
}

function times({ startTime, endTime, attributes }: SdkPoint) {
  const start = moment(startTime)
  return {
    attributes: listOf(attributes),
    startSeconds: start.seconds,
    startNanos: start.nanos,
    ...moment(endTime),
  }
}

function histogramPoint(point: SdkPoint) {
  const { count, sum, min, max, buckets } = point.value as SdkHistogram
  return {
    ...times(point),
    count,
    sum: sum ?? 0,
    min,
    max,
    bounds: buckets.boundaries,
    counts: buckets.counts,
  }
}

function exponentialPoint(point: SdkPoint) {
  const { count, sum, min, max, scale, zeroCount, positive, negative } =
    point.value as SdkExponentialHistogram
  return {
    ...times(point),
    count,
    sum: sum ?? 0,
    min,
    max,
    scale,
    zeroCount,
    positive: { offset: positive.offset, counts: positive.bucketCounts },
    negative: { offset: negative.offset, counts: negative.bucketCounts },
  }
}
