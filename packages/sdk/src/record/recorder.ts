import type { Platform } from '../platform/index.ts'
import { attributeList } from './attributes.ts'
import type { Attributes } from './attributes.ts'
import { RecordClock } from './clock.ts'
import { runSuppressed } from './context.ts'
import type { LogData, MetricData, Resource, Scope, SpanData, Temporality } from './data.ts'
import type { Processor } from './processor.ts'
import { Ids } from './ids.ts'
import type { AttributeLimits, RecordLimits } from './limits.ts'
import { Logger } from './log.ts'
import type { LoggerHost } from './log.ts'
import { Meter } from './metrics/meter.ts'
import type { Sampler } from './sampler.ts'
import { textOf } from './text.ts'
import { Tracer } from './tracer.ts'
import type { TracerHost } from './tracer.ts'

export interface RecorderOptions {
  platform: Pick<Platform, 'clock' | 'random'>
  resource: Resource
  processors: readonly Processor[]
  sampler: Sampler
  limits: RecordLimits
  /** Log records below are not made; OpenTelemetry's severity number. */
  severityMin: number
  /** Source: specification, "Metrics exporter", temporality preference. */
  temporality: Temporality | 'lowmemory'
}

/** Scopes of one recorder; further ones are recorded under the last. */
const SCOPES_MAX = 1_000

/** A scope's three ways to record. */
interface Instrumentation {
  readonly tracer: Tracer
  readonly meter: Meter
  readonly logger: Logger
}

/**
 * Makes spans, measurements and log records, and leaves each with every processor when it is complete.
 *
 * Errors  nothing here throws into the host, whatever it is given.
 *
 * @internal
 */
export class Recorder implements TracerHost, LoggerHost {
  readonly clock: RecordClock
  readonly limits: RecordLimits
  readonly eventLimits: AttributeLimits
  readonly linkLimits: AttributeLimits
  readonly logLimits: AttributeLimits
  readonly timeOriginMs: number
  readonly ids: Ids
  readonly sampler: Sampler
  readonly resource: Resource
  readonly severityMin: number
  /** False once it was shut down. */
  recording = true
  readonly #processors: readonly Processor[]
  readonly #only: Processor | undefined
  readonly #temporality: RecorderOptions['temporality']
  readonly #scopes = new Map<string, Instrumentation>()
  readonly #started: { seconds: number; nanos: number }
  #collected: { seconds: number; nanos: number }

  constructor(options: RecorderOptions) {
    const { clock, random } = options.platform
    this.clock = new RecordClock(clock)
    this.ids = new Ids(random)
    this.timeOriginMs = clock.nowMs() - clock.monotonicMs()
    const { limits } = options
    const { stringLength } = limits
    this.limits = limits
    this.eventLimits = { attributes: limits.eventAttributes, stringLength }
    this.linkLimits = { attributes: limits.linkAttributes, stringLength }
    this.logLimits = { attributes: limits.logAttributes, stringLength: limits.logStringLength }
    this.sampler = options.sampler
    this.resource = options.resource
    this.severityMin = options.severityMin
    this.#temporality = options.temporality
    this.#processors = options.processors
    this.#only = options.processors.length === 1 ? options.processors[0] : undefined
    this.clock.read()
    this.#started = this.#collected = { seconds: this.clock.seconds, nanos: this.clock.nanos }
  }

  tracer(name: string, version?: string, options?: ScopeOptions): Tracer {
    return this.#of(name, version, options).tracer
  }

  meter(name: string, version?: string, options?: ScopeOptions): Meter {
    return this.#of(name, version, options).meter
  }

  logger(name: string, version?: string, options?: ScopeOptions): Logger {
    return this.#of(name, version, options).logger
  }

  ended(span: SpanData): void {
    if (!this.recording) return
    if (this.#only !== undefined) return this.#only.span(span)
    for (const processor of this.#processors) processor.span(span)
  }

  logged(log: LogData): void {
    if (!this.recording) return
    if (this.#only !== undefined) return this.#only.log(log)
    for (const processor of this.#processors) processor.log(log)
  }

  /** Collects all metrics and hands them on. Never rejects. */
  async collect(): Promise<void> {
    const meters = [...this.#scopes.values()].map(({ meter }) => meter)
    await runSuppressed(() => Promise.all(meters.map((meter) => meter.observe())))
    this.#collectNow()
  }

  async forceFlush(): Promise<void> {
    if (!this.recording) return
    await this.collect()
    await Promise.all(this.#processors.map((processor) => processor.forceFlush()))
  }

  /** Nothing is recorded afterwards. Again: nothing. */
  async shutdown(): Promise<void> {
    if (!this.recording) return
    await this.collect()
    this.recording = false
    await Promise.all(this.#processors.map((processor) => processor.shutdown()))
  }

  /** For a process that ends now. */
  flushSync(): void {
    if (!this.recording) return
    for (const { meter } of this.#scopes.values()) runSuppressed(() => meter.startObserving())
    this.#collectNow()
    for (const processor of this.#processors) processor.flushSync?.()
  }

  #collectNow(): void {
    if (!this.recording) return
    this.clock.read()
    const { seconds, nanos } = this.clock
    const sinceStart = interval(this.#started, seconds, nanos, 'cumulative')
    const span =
      this.#temporality === 'cumulative' ? sinceStart : interval(this.#collected, seconds, nanos, 'delta')
    const observed = this.#temporality === 'lowmemory' ? sinceStart : span
    this.#collected = { seconds, nanos }
    const metrics: MetricData[] = []
    for (const { meter } of this.#scopes.values()) metrics.push(...meter.collect(span, sinceStart, observed))
    if (metrics.length > 0) for (const processor of this.#processors) processor.metrics(metrics)
  }

  #of(name: unknown, version: unknown, options: ScopeOptions | undefined): Instrumentation {
    const attributes = attributeList(options?.attributes ?? options?.scopeAttributes)
    const key = JSON.stringify([
      textOf(name),
      textOf(version),
      textOf(options?.schemaUrl),
      attributes.map(String),
    ])
    let found = this.#scopes.get(key)
    if (found !== undefined) return found
    if (this.#scopes.size >= SCOPES_MAX) return [...this.#scopes.values()].at(-1)!
    const scope: Scope = {
      name: textOf(name),
      version: textOf(version),
      schemaUrl: textOf(options?.schemaUrl),
      attributes,
    }
    found = {
      tracer: new Tracer(this, scope),
      meter: new Meter(scope),
      logger: new Logger(this, scope),
    }
    this.#scopes.set(key, found)
    return found
  }
}

/** OpenTelemetry's TracerOptions, MeterOptions and LoggerOptions. @internal */
export interface ScopeOptions {
  readonly schemaUrl?: string | undefined
  readonly attributes?: Attributes | undefined
  readonly scopeAttributes?: Attributes | undefined
}

function interval(
  start: { seconds: number; nanos: number },
  seconds: number,
  nanos: number,
  temporality: Temporality,
): { startSeconds: number; startNanos: number; seconds: number; nanos: number; temporality: Temporality } {
  return { startSeconds: start.seconds, startNanos: start.nanos, seconds, nanos, temporality }
}
