import type { Attributes } from './attributes.ts'
import type { SpanKind } from './data.ts'
import type { SpanContext } from './span-context.ts'

/** What is known when a span begins. */
interface SamplingInput {
  /** Undefined for a root. */
  readonly parent: SpanContext | undefined
  readonly traceId: string
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes | undefined
}

/** Whether the span is recorded, and the tracestate it goes on with (the parent's when undefined). */
export interface Sampling {
  readonly sampled: boolean
  readonly traceState?: string
}

/** Decides about spans, never about domain events or log records. Throws nothing; called for every span that begins. */
export interface Sampler {
  /** OpenTelemetry's, such as `ParentBased{root=AlwaysOnSampler}`. */
  readonly description: string
  shouldSample(input: SamplingInput): Sampling
}

const ON: Sampling = { sampled: true }
const OFF: Sampling = { sampled: false }

export const alwaysOn: Sampler = { description: 'AlwaysOnSampler', shouldSample: () => ON }
export const alwaysOff: Sampler = { description: 'AlwaysOffSampler', shouldSample: () => OFF }

/** A trace stays whole: whoever has a parent does as it did, and `root` decides for the others. */
export function parentBased(root: Sampler): Sampler {
  return {
    description: `ParentBased{root=${root.description}}`,
    shouldSample(input) {
      if (input.parent === undefined) return root.shouldSample(input)
      return (input.parent.traceFlags & 1) === 1 ? ON : OFF
    },
  }
}

/**
 * Keeps the given part of the traces, decided by the trace id alone, so that all services keep the same ones.
 *
 * Source  specification, "TraceIdRatioBased": by the last 56 bits, as OpenTelemetry's other languages do.
 */
export function traceIdRatio(ratio: number): Sampler {
  const threshold = Math.round((1 - clamp(ratio)) * 2 ** 52)
  return {
    description: `TraceIdRatioBased{${clamp(ratio)}}`,
    // 52 of the 56 bits: as many as a number holds beside its own.
    shouldSample: ({ traceId }) => (Number.parseInt(traceId.slice(18, 31), 16) >= threshold ? ON : OFF),
  }
}

export interface SamplingRule {
  /** The span's name; `*` stands for any text. */
  readonly name: string
  readonly sampler: Sampler
}

/** The first rule whose name fits decides, else `otherwise`. Under `parentBased` rules decide about roots only. */
export function byName(rules: readonly SamplingRule[], otherwise: Sampler): Sampler {
  const patterns = rules.map(({ name, sampler }) => ({
    sampler,
    pattern: new RegExp(`^${name.split('*').map(escaped).join('.*')}$`, 's'),
  }))
  return {
    description: `ByName{${rules.map(({ name, sampler }) => `${name}=${sampler.description}`).join(',')}}`,
    shouldSample(input) {
      const rule = patterns.find(({ pattern }) => pattern.test(input.name))
      return (rule?.sampler ?? otherwise).shouldSample(input)
    },
  }
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')

/** A share from 0 to 1; what is no number keeps everything. */
export function clamp(ratio: number): number {
  return Number.isNaN(ratio) ? 1 : Math.min(1, Math.max(0, ratio))
}
