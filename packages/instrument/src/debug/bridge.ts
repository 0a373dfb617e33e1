import type { Attributes, Logger, TimeInput } from '@spanledger/sdk/record'
import { telemetryOf } from '../operation.ts'
import { whileLive } from '../while-live.ts'
import { LEVELS, levelOf } from './event.ts'
import type { DebugEvent, DebugEventType, DebugLevelName, TimingEntry } from './event.ts'
import { RequestSpans } from './request-spans.ts'
import { errorIn, plain } from './told.ts'
import { MEANINGS } from './vocabulary.ts'

export interface DebugBridgeOptions {
  /** Less severe events are left out; `debug` by default. Errors never are, nor is the end of what has begun. */
  readonly level?: DebugLevelName
  /** Types that are left out; errors cannot be. */
  readonly ignore?: readonly DebugEventType[]
  /** Requests under way at once; beyond, the oldest is ended as it is. 1,000 by default. */
  readonly requestsMax?: number
  /** How long a request may take before it is ended as it is; 5 minutes by default. */
  readonly requestMsMax?: number
}

const debugTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'debug')
  const { meter } = telemetry
  return {
    ...telemetry,
    logger: live.recorder.logger('@spanledger/instrument/debug') as Logger,
    events: meter.createCounter('debug.events', {
      unit: '{event}',
      valueType: 'int',
      description: 'Debugger events bridged, by type.',
    }),
    abandoned: meter.createCounter('debug.requests.abandoned', {
      unit: '{request}',
      valueType: 'int',
      description: 'Requests ended by the bridge, since no end came.',
    }),
  }
})
type DebugTelemetry = NonNullable<ReturnType<typeof debugTelemetry>>

/** Timings within one another that are followed. */
const TIMINGS_DEEP_MAX = 32

/**
 * Makes spans of what a debugger tells: `debugger.addListener(bridge.handleEvent)`. Within a request they nest as they
 * happened. Never throws.
 */
export class DebugBridge {
  readonly #least: number
  readonly #ignore: ReadonlySet<DebugEventType>
  readonly #requestsMax: number
  readonly #requestMsMax: number
  /** By request id, oldest first. */
  readonly #requests = new Map<string, RequestSpans>()
  #timer: NodeJS.Timeout | undefined

  constructor(options: DebugBridgeOptions = {}) {
    this.#least = LEVELS[options.level ?? 'debug']
    this.#ignore = new Set(options.ignore)
    this.#requestsMax = options.requestsMax ?? 1_000
    this.#requestMsMax = options.requestMsMax ?? 300_000
  }

  /** Requests under way. */
  get size(): number {
    return this.#requests.size
  }

  readonly handleEvent = (event: DebugEvent): void => {
    const telemetry = debugTelemetry()
    if (telemetry === undefined) return
    try {
      this.#handle(event, telemetry)
    } catch {
      // Data whose getters throw: the event is lost, the host goes on.
    }
  }

  /** A measured stretch of time, and those within it, as spans: of the request while it is under way, or of what is active. */
  readonly handleTiming = (entry: TimingEntry, requestId?: string): void => {
    const telemetry = debugTelemetry()
    if (telemetry === undefined) return
    const parent = this.#requests.get(requestId ?? '')?.context ?? telemetry.context.active()
    this.#timing(telemetry, entry, parent, TIMINGS_DEEP_MAX)
  }

  /** Ends all that is under way. */
  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const request of this.#requests.values()) request.abandon()
    this.#requests.clear()
  }

  #handle(event: DebugEvent, telemetry: DebugTelemetry): void {
    const meaning = MEANINGS[event.type]
    if (meaning === undefined) return
    this.#sweep(telemetry)
    const wanted = levelOf(event) <= this.#least && !this.#ignore.has(event.type)
    const id = event.requestId ?? ''
    const request = this.#requests.get(id)
    if (id === '') request?.moveTo(telemetry.context.active())
    if (levelOf(event) <= LEVELS.error || meaning.does === 'fail') this.#fail(event, request, telemetry)
    if (meaning.does === 'fail') return telemetry.events.add(1, { 'debug.event.type': event.type })
    if (meaning.does === 'end' && request?.end(meaning.pair, event, meaning.attributes ?? {})) {
      telemetry.events.add(1, { 'debug.event.type': event.type })
      if (event.type === 'request:end') this.#finish(id, event)
      else if (request.isIdle) this.#requests.delete(id)
      return
    }
    if (!wanted) return
    telemetry.events.add(1, { 'debug.event.type': event.type })
    if (meaning.does === 'begin') this.#at(id, telemetry).begin(meaning.pair, event)
    else {
      const spans = request ?? new RequestSpans(telemetry.tracer, telemetry.context.active(), 0)
      if (meaning.does === 'happen') spans.happen(event, meaning.span)
      else spans.happen(event, meaning.pair.span, meaning.attributes)
    }
  }

  /** On the innermost span; without any it is an error in the log. */
  #fail(event: DebugEvent, request: RequestSpans | undefined, telemetry: DebugTelemetry): void {
    const message = plain(event.message)
    const error = errorIn(event) ?? message ?? 'error'
    const spans = request ?? new RequestSpans(telemetry.tracer, telemetry.context.active(), 0)
    if (!spans.fail(error, message, event.timestamp))
      telemetry.logger.error(error, {
        'debug.event.type': event.type,
        'debug.message': message,
      } as Attributes)
  }

  #at(id: string, telemetry: DebugTelemetry): RequestSpans {
    let request = this.#requests.get(id)
    if (request !== undefined) return request
    if (this.#requests.size >= this.#requestsMax)
      this.#abandon(this.#requests.keys().next().value!, telemetry)
    request = new RequestSpans(telemetry.tracer, telemetry.context.active(), telemetry.clock.read())
    this.#requests.set(id, request)
    this.#watch()
    return request
  }

  #finish(id: string, event: DebugEvent): void {
    this.#requests.get(id)?.abandon(event.timestamp)
    this.#requests.delete(id)
  }

  #abandon(id: string, telemetry: DebugTelemetry): void {
    this.#requests.get(id)?.abandon()
    this.#requests.delete(id)
    telemetry.abandoned.add(1)
  }

  #sweep(telemetry: DebugTelemetry): void {
    const before = telemetry.clock.read() - this.#requestMsMax
    for (const [id, { startedMs }] of this.#requests) {
      if (startedMs > before) return
      this.#abandon(id, telemetry)
    }
  }

  /** For when no event comes any more; keeps no process alive. */
  #watch(): void {
    if (this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const telemetry = debugTelemetry()
      if (telemetry !== undefined) this.#sweep(telemetry)
      if (this.#requests.size > 0) this.#watch()
    }, this.#requestMsMax)
    // Deno's and the browsers' timers are numbers.
    ;(this.#timer as { unref?: () => void }).unref?.()
  }

  #timing(
    telemetry: DebugTelemetry,
    entry: TimingEntry,
    parent: RequestSpans['context'],
    deep: number,
  ): void {
    const { startTime, duration, endTime = duration === undefined ? undefined : startTime + duration } = entry
    const module = typeof entry.module === 'object' ? undefined : entry.module
    const attributes = {
      ...entry.metadata,
      'debug.module': module,
      'spanledger.debug.unended': endTime === undefined || undefined,
    }
    const span = telemetry.tracer.startSpan(
      entry.name,
      { startTime: startTime as TimeInput, attributes },
      parent,
    )
    if (deep > 0)
      for (const child of entry.children ?? [])
        this.#timing(telemetry, child, parent.withSpan(span), deep - 1)
    span.end(endTime as TimeInput | undefined)
  }
}

/** Listens to a debugger from now on. */
export function attachDebugBridge(
  source: { addListener(listener: (event: DebugEvent) => void): unknown },
  options?: DebugBridgeOptions,
): DebugBridge {
  const bridge = new DebugBridge(options)
  source.addListener(bridge.handleEvent)
  return bridge
}
