import type { Attributes } from './attributes.ts'
import type { TimeInput } from './clock.ts'
import { context, contextOf } from './context.ts'
import type { ContextLike } from './context.ts'
import type { Scope, SpanKind } from './data.ts'
import type { Ids } from './ids.ts'
import type { Sampler } from './sampler.ts'
import { HAS_IS_REMOTE, IS_REMOTE, RecordingSpan, SilentSpan } from './span.ts'
import type { LinkInput, Span, SpanHost } from './span.ts'
import { RANDOM_TRACE_ID, SAMPLED, isValidSpanContext, traceStateOf } from './span-context.ts'
import type { ContextSpan, SpanContext } from './span-context.ts'
import { textOf } from './text.ts'
import { TraceState } from './trace-state.ts'

/** OpenTelemetry's SpanOptions; kinds also by their names. */
export interface SpanOptions {
  readonly kind?: SpanKind | number | undefined
  readonly attributes?: Attributes | undefined
  readonly links?: readonly LinkInput[] | undefined
  readonly startTime?: TimeInput | undefined
  /** A new trace, whatever is active. */
  readonly root?: boolean | undefined
}

/** What tracers share. */
export interface TracerHost extends SpanHost {
  readonly ids: Ids
  readonly sampler: Sampler
  /** False once the recorder was shut down: nothing is recorded any more. */
  readonly recording: boolean
}

const KINDS: readonly SpanKind[] = ['internal', 'server', 'client', 'producer', 'consumer']

/** Makes the spans of one scope; OpenTelemetry's Tracer too. Throws nothing by itself. @internal */
export class Tracer {
  readonly #host: TracerHost
  readonly #scope: Scope

  constructor(host: TracerHost, scope: Scope) {
    this.#host = host
    this.#scope = scope
  }

  startSpan(name: string, options?: SpanOptions, parent?: ContextLike): Span {
    try {
      const active = parent === undefined ? context.active() : contextOf(parent)
      const above = options?.root ? undefined : active.span
      if (active.suppressed || !this.#host.recording) return new SilentSpan(contextOfSpan(above) ?? NOWHERE)
      // What we made ourselves is valid.
      const found = above instanceof RecordingSpan ? above.spanContext() : contextOfSpan(above)
      return this.#begin(name, options, found)
    } catch {
      // Options that cannot be read, or a sampler that throws.
      return new SilentSpan(NOWHERE)
    }
  }

  startActiveSpan<T>(name: string, fn: (span: Span) => T): T
  startActiveSpan<T>(name: string, options: SpanOptions, fn: (span: Span) => T): T
  startActiveSpan<T>(name: string, options: SpanOptions, parent: ContextLike, fn: (span: Span) => T): T
  startActiveSpan<T>(
    name: string,
    second: SpanOptions | ((span: Span) => T),
    third?: ContextLike | ((span: Span) => T),
    fourth?: (span: Span) => T,
  ): T {
    const fn = (fourth ?? third ?? second) as (span: Span) => T
    const options = fn === second ? undefined : (second as SpanOptions)
    const parent =
      fourth === undefined || third === undefined ? context.active() : contextOf(third as ContextLike)
    const span = this.startSpan(name, options, parent)
    return context.run(parent.withSpan(span), () => fn(span))
  }

  #begin(name: string, options: SpanOptions | undefined, parent: SpanContext | undefined): Span {
    const { ids, sampler } = this.#host
    const traceId = parent?.traceId ?? ids.traceId()
    const kind = kindOf(options?.kind)
    const attributes = options?.attributes
    const sampling = sampler.shouldSample({ parent, traceId, name, kind, attributes })
    const traceState = sampling.traceState ?? traceStateOf(parent)
    const random = parent === undefined ? RANDOM_TRACE_ID : parent.traceFlags & RANDOM_TRACE_ID
    const spanId = ids.spanId()
    if (!sampling.sampled) return silent(traceId, spanId, random, traceState)
    const flags = SAMPLED | random | HAS_IS_REMOTE | (parent?.isRemote === true ? IS_REMOTE : 0)
    const parentSpanId = parent?.spanId ?? ''
    const span = new RecordingSpan(
      this.#host,
      this.#scope,
      textOf(name),
      kind,
      { traceId, spanId, parentSpanId, traceState, flags },
      options?.startTime,
    )
    if (attributes) span.setAttributes(attributes)
    if (options?.links) span.addLinks(options.links)
    return span
  }
}

const NOWHERE: SpanContext = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }

function kindOf(kind: SpanKind | number | undefined): SpanKind {
  if (kind === undefined) return 'internal'
  return (typeof kind === 'number' ? KINDS[kind] : KINDS.includes(kind) ? kind : undefined) ?? 'internal'
}

function contextOfSpan(span: ContextSpan | undefined): SpanContext | undefined {
  const found = span?.spanContext?.()
  return found !== undefined && isValidSpanContext(found) ? found : undefined
}

function silent(traceId: string, spanId: string, traceFlags: number, traceState: string): SilentSpan {
  return new SilentSpan({
    traceId,
    spanId,
    traceFlags,
    ...(traceState !== '' && { traceState: TraceState.parse(traceState) }),
  })
}
