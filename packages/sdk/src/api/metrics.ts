import type { Attributes, InstrumentOptions, Meter, ObservableCallback } from '../record/index.ts'
import { type Live, onLive } from './live.ts'

/** Counts up. */
export interface Counter {
  add(value: number, attributes?: Attributes): void
}

/** Takes measurements: a histogram's distribution, a gauge's last value. */
export interface Recordable {
  record(value: number, attributes?: Attributes): void
}

export type ObservableKind = 'counter' | 'upDownCounter' | 'gauge'

type Make<T> = (name: string, options?: InstrumentOptions) => T

/** What makes instruments. */
export interface Instruments {
  readonly counter: Make<Counter>
  readonly upDownCounter: Make<Counter>
  readonly histogram: Make<Recordable>
  readonly gauge: Make<Recordable>
  observe(kind: ObservableKind, name: string, callback: ObservableCallback, options?: InstrumentOptions): void
}

/** The instruments of one scope. */
export function instruments(scope: string, version?: string): Instruments {
  const meterOf = (now: Live): Meter => now.recorder.meter(scope, version)
  return {
    counter: (name, options) => new LateCounter((now) => meterOf(now).createCounter(name, options)),
    upDownCounter: (name, options) =>
      new LateCounter((now) => meterOf(now).createUpDownCounter(name, options)),
    histogram: (name, options) => new LateRecordable((now) => meterOf(now).createHistogram(name, options)),
    gauge: (name, options) => new LateRecordable((now) => meterOf(now).createGauge(name, options)),
    observe: (kind, name, callback, options) =>
      onLive((now) => now && meterOf(now)[CREATE[kind]](name, options).addCallback(callback)),
  }
}

const CREATE = {
  counter: 'createObservableCounter',
  upDownCounter: 'createObservableUpDownCounter',
  gauge: 'createObservableGauge',
} as const

class LateCounter implements Counter {
  #counter: Counter | undefined

  constructor(create: (now: Live) => Counter) {
    onLive((now) => (this.#counter = now && create(now)))
  }

  add(value: number, attributes?: Attributes): void {
    if (this.#counter !== undefined) this.#counter.add(value, attributes)
  }
}

class LateRecordable implements Recordable {
  #instrument: Recordable | undefined

  constructor(create: (now: Live) => Recordable) {
    onLive((now) => (this.#instrument = now && create(now)))
  }

  record(value: number, attributes?: Attributes): void {
    if (this.#instrument !== undefined) this.#instrument.record(value, attributes)
  }
}

const unnamed = instruments('')

/** Made once, at the top of a module, before recording starts or after: while it is off they measure into nothing. */
export const counter = unnamed.counter
/** Goes up and down, such as requests under way. */
export const upDownCounter = unnamed.upDownCounter
export const histogram = unnamed.histogram
export const gauge = unnamed.gauge
/** Measured when metrics are collected: `callback` tells the value since the start. */
export const observe: Instruments['observe'] = unnamed.observe
