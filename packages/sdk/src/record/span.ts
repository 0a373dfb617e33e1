import { putAttribute, putAttributes } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { timeOf } from './clock.ts'
import type { RecordClock, TimeInput } from './clock.ts'
import type { AttributeValue, Link, Scope, SpanData, SpanEvent, SpanKind, StatusCode } from './data.ts'
import type { AttributeLimits, RecordLimits } from './limits.ts'
import { textOf } from './text.ts'
import { TraceState } from './trace-state.ts'
import { isValidSpanContext, traceStateOf } from './span-context.ts'
import type { SpanContext } from './span-context.ts'

/** What a span needs of the recorder that made it. */
export interface SpanHost {
  readonly clock: RecordClock
  readonly limits: RecordLimits
  /** As `limits`, with what events and links may have of attributes. */
  readonly eventLimits: AttributeLimits
  readonly linkLimits: AttributeLimits
  /** Milliseconds since 1970 at which the monotonic clock stood at 0. */
  readonly timeOriginMs: number
  ended(span: SpanData): void
}

export interface LinkInput {
  readonly context: SpanContext
  readonly attributes?: Attributes | undefined
}

/** What instrumented code holds: recorded or not, it need not know. OpenTelemetry's Span; see RecordingSpan for the meaning. */
export interface Span {
  spanContext(): SpanContext
  isRecording(): boolean
  setAttribute(key: string, value: unknown): this
  setAttributes(attributes: Attributes): this
  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this
  addLink(link: LinkInput): this
  addLinks(links: readonly LinkInput[]): this
  setStatus(status: StatusCode | { code: number; message?: string | undefined }, message?: string): this
  updateName(name: string): this
  recordException(exception: unknown, time?: TimeInput): void
  end(endTime?: TimeInput): void
}

const NONE: readonly never[] = []
const STATUS_CODES: readonly StatusCode[] = ['unset', 'ok', 'error']

/** Says in OTLP's flags that it is known whether a context came from another process; and that it did. */
export const HAS_IS_REMOTE = 0x100
export const IS_REMOTE = 0x200

/**
 * A span being recorded: OpenTelemetry's Span to whoever makes it, SpanData to processors once it has ended. Nothing on it
 * throws; after its end nothing changes it.
 */
export class RecordingSpan implements SpanData, Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string
  readonly traceState: string
  readonly flags: number
  name: string
  readonly kind: SpanKind
  startSeconds = 0
  startNanos = 0
  endSeconds = 0
  endNanos = 0
  status: StatusCode = 'unset'
  statusMessage = ''
  readonly attributes: AttributeValue[] = []
  droppedAttributes = 0
  events: readonly SpanEvent[] = NONE
  droppedEvents = 0
  links: readonly Link[] = NONE
  droppedLinks = 0
  readonly scope: Scope
  readonly #host: SpanHost
  /** NaN when the start was given. */
  readonly #startedMs: number
  #ended = false
  #context: SpanContext | undefined

  constructor(
    host: SpanHost,
    scope: Scope,
    name: string,
    kind: SpanKind,
    ids: { traceId: string; spanId: string; parentSpanId: string; traceState: string; flags: number },
    startTime: TimeInput | undefined,
  ) {
    this.#host = host
    this.scope = scope
    this.name = name
    this.kind = kind
    this.traceId = ids.traceId
    this.spanId = ids.spanId
    this.parentSpanId = ids.parentSpanId
    this.traceState = ids.traceState
    this.flags = ids.flags
    const given = startTime === undefined ? undefined : timeOf(startTime, host.timeOriginMs)
    if (given === undefined) {
      const { clock } = host
      this.#startedMs = clock.read()
      this.startSeconds = clock.seconds
      this.startNanos = clock.nanos
    } else {
      this.#startedMs = Number.NaN
      this.startSeconds = given.seconds
      this.startNanos = given.nanos
    }
  }

  spanContext(): SpanContext {
    return (this.#context ??= {
      traceId: this.traceId,
      spanId: this.spanId,
      traceFlags: this.flags & 0xff,
      ...(this.traceState !== '' && { traceState: TraceState.parse(this.traceState) }),
    })
  }

  isRecording(): boolean {
    return !this.#ended
  }

  setAttribute(key: string, value: unknown): this {
    if (!this.#ended) this.droppedAttributes += putAttribute(this.attributes, key, value, this.#host.limits)
    return this
  }

  setAttributes(attributes: Attributes): this {
    if (!this.#ended) this.droppedAttributes += putAttributes(this.attributes, attributes, this.#host.limits)
    return this
  }

  /** As OpenTelemetry's, whose second argument may be the time. */
  addEvent(name: string, attributes?: Attributes | TimeInput, time?: TimeInput): this {
    if (this.#ended) return this
    const { timeOriginMs } = this.#host
    const isTime = typeof attributes === 'number' || attributes instanceof Date || Array.isArray(attributes)
    const given = timeOf(isTime ? attributes : time, timeOriginMs) ?? this.#now()
    this.#addEvent(textOf(name), isTime ? undefined : (attributes as Attributes | undefined), given)
    return this
  }

  #addEvent(
    name: string,
    attributes: Attributes | undefined,
    { seconds, nanos }: { seconds: number; nanos: number },
  ): void {
    const { limits, eventLimits } = this.#host
    if (this.events.length >= limits.events) {
      this.droppedEvents++
      return
    }
    const list: AttributeValue[] = []
    const droppedAttributes = attributes ? putAttributes(list, attributes, eventLimits) : 0
    const event = { name, seconds, nanos, attributes: list, droppedAttributes }
    if (this.events.length === 0) this.events = [event]
    else (this.events as SpanEvent[]).push(event)
  }

  addLink(given: LinkInput): this {
    const { context, attributes } = given ?? {}
    if (this.#ended || !context || !isValidSpanContext(context)) return this
    if (this.links.length >= this.#host.limits.links) {
      this.droppedLinks++
      return this
    }
    const list: AttributeValue[] = []
    const droppedAttributes = attributes ? putAttributes(list, attributes, this.#host.linkLimits) : 0
    const link: Link = {
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: traceStateOf(context),
      attributes: list,
      droppedAttributes,
      flags: (context.traceFlags & 0xff) | HAS_IS_REMOTE | (context.isRemote ? IS_REMOTE : 0),
    }
    if (this.links.length === 0) this.links = [link]
    else (this.links as Link[]).push(link)
    return this
  }

  addLinks(links: readonly LinkInput[]): this {
    if (Array.isArray(links)) for (const link of links as LinkInput[]) this.addLink(link)
    return this
  }

  /** A word, or OpenTelemetry's `{ code: 0 | 1 | 2, message }`. Once ok it stays ok; unset changes nothing. */
  setStatus(status: StatusCode | { code: number; message?: string | undefined }, message?: string): this {
    const isWord = typeof status === 'string'
    const code = isWord ? status : STATUS_CODES[status?.code]
    if (this.#ended || this.status === 'ok' || code === undefined || code === 'unset') return this
    const text = isWord ? message : status.message
    this.status = code
    this.statusMessage = code === 'error' ? textOf(text) : ''
    return this
  }

  updateName(name: string): this {
    if (!this.#ended) this.name = textOf(name)
    return this
  }

  /** A span event named `exception`, with type, message and stack. Source: semantic conventions, "Exceptions". */
  recordException(exception: unknown, time?: TimeInput): void {
    this.addEvent('exception', exceptionAttributes(exception), time)
  }

  /** Again: nothing. */
  end(endTime?: TimeInput): void {
    if (this.#ended) return
    this.#ended = true
    const end = (endTime === undefined ? undefined : timeOf(endTime, this.#host.timeOriginMs)) ?? this.#now()
    const isBefore =
      end.seconds < this.startSeconds || (end.seconds === this.startSeconds && end.nanos < this.startNanos)
    this.endSeconds = isBefore ? this.startSeconds : end.seconds
    this.endNanos = isBefore ? this.startNanos : end.nanos
    this.#host.ended(this)
  }

  /** By the monotonic clock, so that the span's own times stay in order when the wall clock is set. */
  #now(): RecordClock {
    const { clock } = this.#host
    const nowMs = clock.read()
    if (nowMs >= this.#startedMs) clock.after(this.startSeconds, this.startNanos, nowMs - this.#startedMs)
    return clock
  }
}

/** Attributes of an `exception` event or log record. */
export function exceptionAttributes(exception: unknown): Attributes {
  try {
    if (typeof exception !== 'object' || exception === null)
      return { 'exception.type': typeof exception, 'exception.message': String(exception) }
    const { name, code, message, stack } = exception as Record<string, unknown>
    return {
      'exception.type':
        typeof code === 'string' && code !== '' ? code : (name ?? exception.constructor?.name),
      'exception.message': message,
      'exception.stacktrace': stack,
    }
  } catch {
    return { 'exception.type': 'unreadable' }
  }
}

/** A span that is not recorded, but whose context goes on: a parent elsewhere, or one that sampling left out. */
export class SilentSpan implements Span {
  readonly #context: SpanContext

  constructor(context: SpanContext) {
    this.#context = context
  }

  spanContext(): SpanContext {
    return this.#context
  }

  isRecording(): boolean {
    return false
  }

  setAttribute(_key: string, _value: unknown): this {
    return this
  }

  setAttributes(_attributes: Attributes): this {
    return this
  }

  addEvent(_name: string, _attributes?: Attributes | TimeInput, _time?: TimeInput): this {
    return this
  }

  addLink(_link: LinkInput): this {
    return this
  }

  addLinks(_links: readonly LinkInput[]): this {
    return this
  }

  setStatus(_status: StatusCode | { code: number; message?: string | undefined }, _message?: string): this {
    return this
  }

  updateName(_name: string): this {
    return this
  }

  recordException(_exception: unknown, _time?: TimeInput): void {}

  end(_endTime?: TimeInput): void {}
}
