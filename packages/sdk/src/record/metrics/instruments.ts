import type { Attributes } from '../attributes.ts'
import type {
  AttributeList,
  HistogramPoint,
  MetricData,
  MetricDescription,
  NumberPoint,
  Temporality,
  ValueType,
} from '../data.ts'
import { CARDINALITY_MAX, Cells, keyOf } from './cells.ts'

/** What one collection is about. */
export interface Interval {
  startSeconds: number
  startNanos: number
  seconds: number
  nanos: number
  temporality: Temporality
}

/** An instrument as its meter collects it. */
export interface Collected {
  /** Undefined when there is nothing to tell. */
  collect(interval: Interval, sinceStart: Interval): MetricData | undefined
}

interface NumberCell {
  readonly attributes: AttributeList
  value: number
}

const numberCell = (attributes: AttributeList): NumberCell => ({ attributes, value: 0 })

/** Sums of what was added: counters, which only rise, and up-down counters. @internal */
export class Counter implements Collected {
  readonly #cells: Cells<NumberCell>
  readonly #metric: MetricDescription
  readonly #valueType: ValueType
  readonly #monotonic: boolean

  constructor(metric: MetricDescription, valueType: ValueType, monotonic: boolean) {
    this.#metric = metric
    this.#valueType = valueType
    this.#monotonic = monotonic
    this.#cells = new Cells(numberCell)
  }

  /** What is no number, or would let a counter fall, is left out. */
  add(value: number, attributes?: Attributes): void {
    if (typeof value !== 'number' || value !== value || (this.#monotonic && value < 0)) return
    this.#cells.of(attributes).value += this.#valueType === 'int' ? Math.trunc(value) : value
  }

  collect(interval: Interval, sinceStart: Interval): MetricData | undefined {
    // An up-down counter is a level, which has no meaning as a difference. Source: specification, temporality preference "delta".
    const span = this.#monotonic ? interval : sinceStart
    const points = numberPoints(this.#cells.values(), span)
    if (span.temporality === 'delta') this.#cells.clear()
    return sum(this.#metric, this.#valueType, this.#monotonic, span.temporality, points)
  }
}

/** Keeps the last value. @internal */
export class Gauge implements Collected {
  readonly #cells: Cells<NumberCell>
  readonly #metric: MetricDescription
  readonly #valueType: ValueType

  constructor(metric: MetricDescription, valueType: ValueType) {
    this.#metric = metric
    this.#valueType = valueType
    this.#cells = new Cells(numberCell)
  }

  record(value: number, attributes?: Attributes): void {
    if (typeof value !== 'number' || value !== value) return
    this.#cells.of(attributes).value = this.#valueType === 'int' ? Math.trunc(value) : value
  }

  collect({ seconds, nanos }: Interval): MetricData | undefined {
    const now = { startSeconds: 0, startNanos: 0, seconds, nanos }
    return gauge(this.#metric, this.#valueType, numberPoints(this.#cells.values(), now))
  }
}

interface HistogramCell {
  readonly attributes: AttributeList
  readonly counts: number[]
  count: number
  sum: number
  min: number
  max: number
}

/** Counts measurements by explicit bounds. @internal */
export class Histogram implements Collected {
  readonly #cells: Cells<HistogramCell>
  readonly #metric: MetricDescription
  readonly #bounds: readonly number[]

  constructor(metric: MetricDescription, bounds: readonly number[]) {
    this.#metric = metric
    this.#bounds = bounds
    this.#cells = new Cells((attributes) => ({
      attributes,
      counts: Array.from({ length: bounds.length + 1 }, () => 0),
      count: 0,
      sum: 0,
      min: Infinity,
      max: -Infinity,
    }))
  }

  /** What is negative or no number is left out. */
  record(value: number, attributes?: Attributes): void {
    if (typeof value !== 'number' || !(value >= 0) || value === Infinity) return
    const cell = this.#cells.of(attributes)
    cell.counts[this.#bucketOf(value)]!++
    cell.count++
    cell.sum += value
    if (value < cell.min) cell.min = value
    if (value > cell.max) cell.max = value
  }

  /** The first bucket whose upper bound is not below the value. */
  #bucketOf(value: number): number {
    const bounds = this.#bounds
    let from = 0
    let to = bounds.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (bounds[middle]! < value) from = middle + 1
      else to = middle
    }
    return from
  }

  collect(interval: Interval): MetricData | undefined {
    const { startSeconds, startNanos, seconds, nanos, temporality } = interval
    const points: HistogramPoint[] = []
    for (const { attributes, counts, count, sum: total, min, max } of this.#cells.values()) {
      const bounds = this.#bounds
      const times = { startSeconds, startNanos, seconds, nanos }
      points.push({ attributes, ...times, count, sum: total, min, max, bounds, counts: [...counts] })
    }
    if (temporality === 'delta') this.#cells.clear()
    return points.length === 0 ? undefined : { metric: this.#metric, type: 'histogram', temporality, points }
  }
}

export type ObservableCallback = (result: ObservableResult) => unknown

interface ObservableResult {
  observe(value: number, attributes?: Attributes): void
}

export type ObservableKind = 'counter' | 'upDownCounter' | 'gauge'

/** Measured when it is collected: the callbacks tell the value since the start. @internal */
export class Observable implements Collected {
  readonly #metric: MetricDescription
  readonly #kind: ObservableKind
  readonly #valueType: ValueType
  readonly callbacks = new Set<ObservableCallback>()
  #cells: Cells<NumberCell>
  /** What was told last, by attributes; for differences. Those not told for longest are forgotten first. */
  readonly #before = new Map<string, number>()

  constructor(metric: MetricDescription, kind: ObservableKind, valueType: ValueType) {
    this.#metric = metric
    this.#kind = kind
    this.#valueType = valueType
    this.#cells = new Cells(numberCell)
  }

  addCallback(callback: ObservableCallback): void {
    if (typeof callback === 'function') this.callbacks.add(callback)
  }

  removeCallback(callback: ObservableCallback): void {
    this.callbacks.delete(callback)
  }

  observe(value: number, attributes?: Attributes): void {
    if (typeof value !== 'number' || value !== value) return
    this.#cells.of(attributes).value = this.#valueType === 'int' ? Math.trunc(value) : value
  }

  collect(interval: Interval, sinceStart: Interval): MetricData | undefined {
    const cells = this.#cells.values()
    // What is no longer told is no longer there.
    this.#cells = new Cells(numberCell)
    const { seconds, nanos } = interval
    if (this.#kind === 'gauge')
      return gauge(
        this.#metric,
        this.#valueType,
        numberPoints(cells, { startSeconds: 0, startNanos: 0, seconds, nanos }),
      )
    const isMonotonic = this.#kind === 'counter'
    const span = isMonotonic ? interval : sinceStart
    const points = numberPoints(cells, span)
    const told = span.temporality === 'delta' ? this.#differences(points) : points
    return sum(this.#metric, this.#valueType, isMonotonic, span.temporality, told)
  }

  #differences(points: NumberPoint[]): NumberPoint[] {
    const before = this.#before
    const differences = points.map((point) => {
      const key = keyOf(point.attributes)
      const value = point.value - (before.get(key) ?? 0)
      before.delete(key)
      before.set(key, point.value)
      return { ...point, value }
    })
    for (const key of before.keys()) if (before.size > 2 * CARDINALITY_MAX) before.delete(key)
    return differences
  }
}

function numberPoints(
  cells: Iterable<NumberCell>,
  { startSeconds, startNanos, seconds, nanos }: Omit<Interval, 'temporality'>,
): NumberPoint[] {
  const points: NumberPoint[] = []
  for (const { attributes, value } of cells)
    points.push({ attributes, startSeconds, startNanos, seconds, nanos, value })
  return points
}

function sum(
  metric: MetricDescription,
  valueType: ValueType,
  monotonic: boolean,
  temporality: Temporality,
  points: NumberPoint[],
): MetricData | undefined {
  return points.length === 0 ? undefined : { metric, type: 'sum', valueType, monotonic, temporality, points }
}

function gauge(
  metric: MetricDescription,
  valueType: ValueType,
  points: NumberPoint[],
): MetricData | undefined {
  return points.length === 0 ? undefined : { metric, type: 'gauge', valueType, points }
}
