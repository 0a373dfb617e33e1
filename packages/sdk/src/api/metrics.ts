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

/** As many as a meter has: names that are made of data must not fill the memory. */
const INSTRUMENTS_MAX = 2_000

const CREATE = {
  counter: 'createCounter',
  upDownCounter: 'createUpDownCounter',
  histogram: 'createHistogram',
  gauge: 'createGauge',
} as const

const CREATE_OBSERVABLE = {
  counter: 'createObservableCounter',
  upDownCounter: 'createObservableUpDownCounter',
  gauge: 'createObservableGauge',
} as const

/** The instruments of one scope: each name once, at most INSTRUMENTS_MAX. What comes then measures into nothing, as in a meter. */
export function instruments(scope: string, version?: string): Instruments {
  const meterOf = (now: Live): Meter => now.recorder.meter(scope, version)
  const made = new Map<string, Counter | Recordable>()
  const once =
    <T extends Counter | Recordable>(kind: keyof typeof CREATE, Late: LateOf<T>): Make<T> =>
    (name, options) => {
      const key = `${kind} ${name}`
      let instrument = made.get(key) as T | undefined
      if (instrument === undefined) {
        if (made.size >= INSTRUMENTS_MAX) return new Late()
        instrument = new Late((now) => meterOf(now)[CREATE[kind]](name, options) as unknown as T)
        made.set(key, instrument)
      }
      return instrument
    }
  return {
    counter: once('counter', LateCounter),
    upDownCounter: once('upDownCounter', LateCounter),
    histogram: once('histogram', LateRecordable),
    gauge: once('gauge', LateRecordable),
    observe: (kind, name, callback, options) =>
      onLive((now) => now && meterOf(now)[CREATE_OBSERVABLE[kind]](name, options).addCallback(callback)),
  }
}

/** An instrument that is there before what it stands for; without `create` it measures into nothing. */
type LateOf<T> = new (create?: (now: Live) => T) => T

class LateCounter implements Counter {
  #counter: Counter | undefined

  constructor(create?: (now: Live) => Counter) {
    if (create) onLive((now) => (this.#counter = now && create(now)))
  }

  add(value: number, attributes?: Attributes): void {
    if (this.#counter !== undefined) this.#counter.add(value, attributes)
  }
}

class LateRecordable implements Recordable {
  #instrument: Recordable | undefined

  constructor(create?: (now: Live) => Recordable) {
    if (create) onLive((now) => (this.#instrument = now && create(now)))
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
