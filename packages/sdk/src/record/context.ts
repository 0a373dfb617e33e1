import { AsyncLocalStorage } from 'node:async_hooks'
import type { Baggage } from './baggage.ts'
import type { ContextSpan } from './span-context.ts'

/** The keys under which OpenTelemetry's API and core keep the same three things. Source: @opentelemetry/api, @opentelemetry/core. */
const SPAN_KEY = Symbol.for('OpenTelemetry Context Key SPAN')
const BAGGAGE_KEY = Symbol.for('OpenTelemetry Baggage Key')
const SUPPRESS_KEY = Symbol.for('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * What goes along with the flow of control: the active span, baggage, and whether recording is suppressed. Never changed.
 *
 * It is OpenTelemetry's Context too (getValue, setValue, deleteValue), without a map for the three: 4 times as fast to
 * derive and to read.
 */
export class Context {
  readonly span: ContextSpan | undefined
  readonly baggage: Baggage | undefined
  /** Nothing is recorded. */
  readonly suppressed: boolean
  readonly #others: ReadonlyMap<symbol, unknown> | undefined

  constructor(
    span?: ContextSpan,
    baggage?: Baggage,
    suppressed: boolean = false,
    others?: ReadonlyMap<symbol, unknown>,
  ) {
    this.span = span
    this.baggage = baggage
    this.suppressed = suppressed
    this.#others = others
  }

  withSpan(span: ContextSpan | undefined): Context {
    return new Context(span, this.baggage, this.suppressed, this.#others)
  }

  withBaggage(baggage: Baggage | undefined): Context {
    return new Context(this.span, baggage, this.suppressed, this.#others)
  }

  withSuppressed(): Context {
    return new Context(this.span, this.baggage, true, this.#others)
  }

  getValue(key: symbol): unknown {
    if (key === SPAN_KEY) return this.span
    if (key === BAGGAGE_KEY) return this.baggage
    if (key === SUPPRESS_KEY) return this.suppressed
    return this.#others?.get(key)
  }

  setValue(key: symbol, value: unknown): Context {
    if (key === SPAN_KEY) return this.withSpan(value as ContextSpan | undefined)
    if (key === BAGGAGE_KEY) return this.withBaggage(value as Baggage | undefined)
    if (key === SUPPRESS_KEY) return new Context(this.span, this.baggage, value === true, this.#others)
    return new Context(this.span, this.baggage, this.suppressed, new Map(this.#others).set(key, value))
  }

  deleteValue(key: symbol): Context {
    return this.setValue(key, undefined)
  }
}

export const ROOT_CONTEXT = new Context()

/** One for the process: two recorders in it see the same active span. */
const storage = new AsyncLocalStorage<Context>()
/** Where the flow of control came from nowhere: the process' own parent, when there is one. */
let root = ROOT_CONTEXT

export const context = {
  active: (): Context => storage.getStore() ?? root,
  run: <T>(active: Context, fn: () => T): T => storage.run(active, fn),
  /** What whoever started this process handed down, such as TRACEPARENT. */
  setRoot(handedDown: Context): void {
    root = handedDown
  },
}

/** Nothing that `fn` does, or starts, is recorded: for exporters, so that telemetry does not record itself. */
export function runSuppressed<T>(fn: () => T): T {
  return storage.run(context.active().withSuppressed(), fn)
}
