import type { MetricData, MetricDescription, Scope, ValueType } from '../data.ts'
import { textOf } from '../text.ts'
import type { Attributes } from '../attributes.ts'
import { Counter, Gauge, Histogram, Observable } from './instruments.ts'
import type { Collected, Interval, ObservableKind } from './instruments.ts'

/** OpenTelemetry's MetricOptions; its ValueType is 0 for int, 1 for double. */
export interface InstrumentOptions {
  readonly description?: string | undefined
  readonly unit?: string | undefined
  readonly valueType?: ValueType | number | undefined
  readonly advice?: { readonly explicitBucketBoundaries?: readonly number[] | undefined } | undefined
}

export type BatchCallback = (result: {
  observe(observable: Observable, value: number, attributes?: Attributes): void
}) => unknown

/** OpenTelemetry's default, made for milliseconds. */
const BOUNDS = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000]
/** For what is measured in seconds. Source: semantic conventions, `http.server.request.duration`. */
const SECONDS_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
/** Instruments of one meter; further ones measure into nothing. */
const INSTRUMENTS_MAX = 2_000
/** Waiting for observable callbacks that are asynchronous, in one collection. */
const CALLBACKS_WITHIN_MS = 5_000

/** Makes the instruments of one scope, each name once; OpenTelemetry's Meter too. Throws nothing. @internal */
export class Meter {
  readonly #scope: Scope
  readonly #instruments = new Map<string, Collected>()
  readonly #batches = new Map<BatchCallback, readonly Observable[]>()

  constructor(scope: Scope) {
    this.#scope = scope
  }

  createCounter(name: string, options?: InstrumentOptions): Counter {
    return this.#once(name, 'counter', options, (metric, type) => new Counter(metric, type, true))
  }

  createUpDownCounter(name: string, options?: InstrumentOptions): Counter {
    return this.#once(name, 'upDownCounter', options, (metric, type) => new Counter(metric, type, false))
  }

  createGauge(name: string, options?: InstrumentOptions): Gauge {
    return this.#once(name, 'gauge', options, (metric, type) => new Gauge(metric, type))
  }

  createHistogram(name: string, options?: InstrumentOptions): Histogram {
    const bounds = boundsOf(options)
    return this.#once(name, 'histogram', options, (metric) => new Histogram(metric, bounds))
  }

  createObservableCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, 'counter', options)
  }

  createObservableUpDownCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, 'upDownCounter', options)
  }

  createObservableGauge(name: string, options?: InstrumentOptions): Observable {
    return this.#observable(name, 'gauge', options)
  }

  addBatchObservableCallback(callback: BatchCallback, observables: readonly Observable[]): void {
    this.#batches.set(callback, observables)
  }

  removeBatchObservableCallback(callback: BatchCallback): void {
    this.#batches.delete(callback)
  }

  /** Asks the observables; resolves when all have answered or CALLBACKS_WITHIN_MS are over. What throws tells nothing. */
  async observe(): Promise<void> {
    const answers = this.startObserving()
    if (answers.length === 0) return
    let timer: NodeJS.Timeout | undefined
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, CALLBACKS_WITHIN_MS)
    })
    await Promise.race([Promise.allSettled(answers), late])
    clearTimeout(timer)
  }

  /** As `observe`, without waiting; returns what is not answered yet. */
  startObserving(): unknown[] {
    const answers: unknown[] = []
    const ask = (call: () => unknown): void => {
      try {
        const answer = call()
        if (answer instanceof Promise) answers.push(answer)
      } catch {
        // An application's fault in telling a measurement; it is the measurement that is missing.
      }
    }
    for (const instrument of this.#instruments.values()) {
      if (!(instrument instanceof Observable)) continue
      for (const callback of instrument.callbacks) ask(() => callback(instrument))
    }
    for (const [callback, observables] of this.#batches) {
      ask(() =>
        callback({
          observe: (observable, value, attributes) => {
            if (observables.includes(observable)) observable.observe(value, attributes)
          },
        }),
      )
    }
    for (const answer of answers) void (answer as Promise<unknown>).catch(() => {})
    return answers
  }

  /** `observed` is what observables tell about. */
  *collect(interval: Interval, sinceStart: Interval, observed = interval): Iterable<MetricData> {
    for (const instrument of this.#instruments.values()) {
      const told = instrument instanceof Observable ? observed : interval
      const data = instrument.collect(told, sinceStart)
      if (data !== undefined) yield data
    }
  }

  #observable(name: string, kind: ObservableKind, options: InstrumentOptions | undefined): Observable {
    return this.#once(
      name,
      `observable ${kind}`,
      options,
      (metric, type) => new Observable(metric, kind, type),
    )
  }

  #once<T extends Collected>(
    name: string,
    kind: string,
    options: InstrumentOptions | undefined,
    create: (metric: MetricDescription, valueType: ValueType) => T,
  ): T {
    const description = textOf(options?.description)
    const unit = textOf(options?.unit)
    const valueType = options?.valueType === 'int' || options?.valueType === 0 ? 'int' : 'double'
    const key = JSON.stringify([textOf(name).toLowerCase(), kind, unit, description, valueType])
    let instrument = this.#instruments.get(key) as T | undefined
    if (instrument === undefined) {
      instrument = create({ name: textOf(name), description, unit, scope: this.#scope }, valueType)
      if (this.#instruments.size < INSTRUMENTS_MAX) this.#instruments.set(key, instrument)
    }
    return instrument
  }
}

function boundsOf(options: InstrumentOptions | undefined): readonly number[] {
  const asked = options?.advice?.explicitBucketBoundaries
  if (Array.isArray(asked) && asked.every((bound) => typeof bound === 'number' && Number.isFinite(bound)))
    return [...new Set(asked as readonly number[])].toSorted((a, b) => a - b)
  return options?.unit === 's' ? SECONDS_BOUNDS : BOUNDS
}
