import type { Context, Span, Tracer } from '@spanledger/sdk/record'
import type { DebugEvent } from './event.ts'
import { attributesOf, errorIn, keyOf, nameIn, statusIn } from './told.ts'
import type { Pair } from './vocabulary.ts'

/** Spans open at once in one request; what begins beyond happens within the innermost, as an event. */
const OPEN_MAX = 256

interface Open {
  readonly pair: Pair
  readonly name: string
  readonly key: string | undefined
  readonly span: Span
  readonly context: Context
}

/** What is under way in one request, or outside of any: the spans that have begun, innermost last. */
export class RequestSpans {
  readonly startedMs: number
  readonly #tracer: Tracer
  /** Where it happens: within an HTTP instrumentation's span, when there is one. */
  #outer: Context
  #open: Open[] = []
  /** Spans that were ended for want of an end, by name: their own, late end is no other's. */
  readonly #cutOff = new Map<string, number>()

  constructor(tracer: Tracer, outer: Context, startedMs: number) {
    this.#tracer = tracer
    this.#outer = outer
    this.startedMs = startedMs
  }

  /** What belongs to no request happens wherever it is told. */
  moveTo(outer: Context): this {
    this.#outer = outer
    return this
  }

  get isIdle(): boolean {
    return this.#open.length === 0
  }

  begin(pair: Pair, event: DebugEvent): void {
    const name = nameIn(event)
    if (this.#open.length >= OPEN_MAX) return this.happen(event, pair.span)
    const parent = this.#holder()?.context ?? this.#outer
    // Within an instrumented server's span the request is a part of it.
    const kind = pair.kind === 'server' && parent.span !== undefined ? 'internal' : pair.kind
    const span = this.#tracer.startSpan(
      name === '' ? pair.span : `${pair.span} ${name}`,
      { kind, startTime: event.timestamp, attributes: attributesOf(event) },
      parent,
    )
    // A query that tells how long it took is over.
    if (event.duration !== undefined && !pair.holds && event.timestamp !== undefined)
      return span.end(event.timestamp + event.duration)
    this.#open.push({ pair, name, key: keyOf(event), span, context: parent.withSpan(span) })
  }

  /** Whether a span was open that this event ends. */
  end(pair: Pair, event: DebugEvent, attributes: Readonly<Record<string, boolean>>): boolean {
    const at = this.#find(pair, event)
    if (at === -1) return this.#wasCutOff(pair, event)
    const { span } = this.#open[at]!
    span.setAttributes({ ...attributesOf(event), ...attributes })
    const status = statusIn(event)
    if (status !== undefined && status >= 500) span.setStatus('error')
    const error = errorIn(event)
    if (error !== undefined) {
      span.recordException(error)
      span.setStatus('error', nameless(error))
    }
    // What it holds ends with it: its own end did not come.
    if (pair.holds) this.#cut(at + 1, event.timestamp)
    this.#open.splice(at, 1)
    span.end(event.timestamp)
    return true
  }

  /** An end whose begin nobody saw, or something that is no pair. With a duration it is a span, without an event of the innermost. */
  happen(event: DebugEvent, name: string, attributes: Readonly<Record<string, boolean>> = {}): void {
    const all = { ...attributesOf(event), ...attributes }
    const { timestamp, duration } = event
    const parent = this.#holder()
    const span = parent?.span ?? this.#outer.span
    if ((timestamp !== undefined && duration !== undefined) || span === undefined || !('addEvent' in span)) {
      const own = nameIn(event)
      const made = this.#tracer.startSpan(
        own === '' ? name : `${name} ${own}`,
        { startTime: timestamp !== undefined ? timestamp - (duration ?? 0) : undefined, attributes: all },
        parent?.context ?? this.#outer,
      )
      made.end(timestamp)
    } else (span as Span).addEvent(name, all, timestamp)
  }

  /** Returns false when there is no span to tell it on. */
  fail(error: unknown, message: string | undefined, timestamp: number | undefined): boolean {
    const span = this.#open.at(-1)?.span ?? this.#outer.span
    if (span === undefined || !('recordException' in span) || !(span as Span).isRecording()) return false
    ;(span as Span).recordException(error, timestamp)
    ;(span as Span).setStatus('error', message)
    return true
  }

  /** Ends all that is open. */
  abandon(timestamp?: number): void {
    this.#cut(0, timestamp)
  }

  /** The context in which what comes next lies. */
  get context(): Context {
    return this.#holder()?.context ?? this.#outer
  }

  #holder(): Open | undefined {
    return this.#open.findLast(({ pair }) => pair.holds)
  }

  /** By what the event names: the innermost that holds, since such nest; the oldest of those that overlap. */
  #find(pair: Pair, event: DebugEvent): number {
    const name = nameIn(event)
    const key = keyOf(event)
    const is = (open: Open): boolean =>
      open.pair === pair &&
      (key !== undefined && open.key !== undefined
        ? open.key === key
        : name === '' || open.name === '' || open.name === name)
    return pair.holds ? this.#open.findLastIndex(is) : this.#open.findIndex(is)
  }

  #cut(from: number, timestamp: number | undefined): void {
    for (const { pair, name, span } of this.#open.splice(from).toReversed()) {
      const label = `${pair.span} ${name}`
      if (this.#cutOff.size < OPEN_MAX) this.#cutOff.set(label, (this.#cutOff.get(label) ?? 0) + 1)
      span.setAttribute('spanledger.debug.unended', true)
      span.end(timestamp)
    }
  }

  #wasCutOff(pair: Pair, event: DebugEvent): boolean {
    const label = `${pair.span} ${nameIn(event)}`
    const left = this.#cutOff.get(label) ?? 0
    if (left > 0) this.#cutOff.set(label, left - 1)
    return left > 0
  }
}

const nameless = (error: unknown): string => (error instanceof Error ? error.message : String(error))
