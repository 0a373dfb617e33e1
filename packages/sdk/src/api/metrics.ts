import type { Attributes, InstrumentOptions, Meter, ObservableCallback } from '../record/index.ts'
import { onLive } from './live.ts'

/** Counts up. */
export interface Counter {
  add(value: number, attributes?: Attributes): void
}

/** Takes measurements: a histogram's distribution, a gauge's last value. */
export interface Recordable {
  record(value: number, attributes?: Attributes): void
}

/** Made once, at the top of a module, before recording starts or after: while it is off they measure into nothing. */
export const counter = (name: string, options?: InstrumentOptions): Counter =>
  new LateCounter((meter) => meter.createCounter(name, options))

/** Goes up and down, such as requests under way. */
export const upDownCounter = (name: string, options?: InstrumentOptions): Counter =>
  new LateCounter((meter) => meter.createUpDownCounter(name, options))

export const histogram = (name: string, options?: InstrumentOptions): Recordable =>
  new LateRecordable((meter) => meter.createHistogram(name, options))

export const gauge = (name: string, options?: InstrumentOptions): Recordable =>
  new LateRecordable((meter) => meter.createGauge(name, options))

export type ObservableKind = 'counter' | 'upDownCounter' | 'gauge'

/** Measured when metrics are collected: `callback` tells the value since the start. */
export function observe(
  kind: ObservableKind,
  name: string,
  callback: ObservableCallback,
  options?: InstrumentOptions,
): void {
  onLive((now) => {
    const meter = now?.recorder.meter('')
    if (kind === 'counter') meter?.createObservableCounter(name, options).addCallback(callback)
    else if (kind === 'gauge') meter?.createObservableGauge(name, options).addCallback(callback)
    else meter?.createObservableUpDownCounter(name, options).addCallback(callback)
  })
}

class LateCounter implements Counter {
  #counter: Counter | undefined

  constructor(create: (meter: Meter) => Counter) {
    onLive((now) => (this.#counter = now && create(now.recorder.meter(''))))
  }

  add(value: number, attributes?: Attributes): void {
    if (this.#counter !== undefined) this.#counter.add(value, attributes)
  }
}

class LateRecordable implements Recordable {
  #instrument: Recordable | undefined

  constructor(create: (meter: Meter) => Recordable) {
    onLive((now) => (this.#instrument = now && create(now.recorder.meter(''))))
  }

  record(value: number, attributes?: Attributes): void {
    if (this.#instrument !== undefined) this.#instrument.record(value, attributes)
  }
}
