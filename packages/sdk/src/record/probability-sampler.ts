import { clamp } from './sampler.ts'
import type { Sampler, Sampling } from './sampler.ts'
import { traceStateOf } from './span-context.ts'
import { TraceState } from './trace-state.ts'

/** Thresholds and randomness have 56 bits. */
const BITS = 56
const HEX_DIGITS = 14
/** Digits of a threshold that are written; 1% is `fd70a4`. */
const PRECISION_DIGITS = 5
const HEX = /^[0-9a-f]{1,14}$/

/**
 * The consistent probability sampler: keeps a span whose trace's randomness R is at least T = (1 - ratio) * 2^56, and tells T in
 * tracestate as `ot=th:`. R is the sender's `ot=rv:`, else the last 56 bits of the trace id.
 *
 * Source  OpenTelemetry specification, "TraceState: Probability Sampling" and "ProbabilitySampler".
 */
export function probability(ratio: number): Sampler {
  const kept = clamp(ratio)
  const threshold = thresholdOf(kept)
  return {
    description: `ProbabilitySampler{${kept}}`,
    shouldSample({ parent, traceId }): Sampling {
      const state = TraceState.parse(traceStateOf(parent))
      const ot = new Map(subMembers(state.get('ot') ?? ''))
      const given = ot.get('rv')
      const randomness = given?.length === HEX_DIGITS && HEX.test(given) ? given : traceId.slice(-HEX_DIGITS)
      const sampled =
        threshold !== undefined &&
        BigInt(`0x${randomness}`) >= BigInt(`0x${threshold.padEnd(HEX_DIGITS, '0')}`)
      if (sampled) ot.set('th', threshold)
      else ot.delete('th')
      const value = [...ot].map(([key, text]) => `${key}:${text}`).join(';')
      return { sampled, traceState: (value === '' ? state.unset('ot') : state.set('ot', value)).serialize() }
    },
  }
}

/** `fd70a4` for 1%: hex digits without the zeros at the end, `0` for everything; undefined for nothing. */
export function thresholdOf(ratio: number): string | undefined {
  if (ratio < 2 ** -BITS) return undefined
  // The digits that a small ratio keeps lie behind as many f as it is small: they come on top of the precision.
  const digits = Math.min(HEX_DIGITS, PRECISION_DIGITS + Math.floor(-Math.log2(ratio) / 4))
  const unit = 2 ** (BITS - digits * 4)
  const rejected = 2n ** BigInt(BITS) - BigInt(Math.round((ratio * 2 ** BITS) / unit)) * BigInt(unit)
  const text = rejected.toString(16).padStart(HEX_DIGITS, '0').replace(/0+$/, '')
  return text === '' ? '0' : text
}

/** `key:value` members between semicolons; what is none is left out. */
function* subMembers(text: string): Iterable<[string, string]> {
  for (const member of text.split(';')) {
    const colon = member.indexOf(':')
    if (colon > 0) yield [member.slice(0, colon), member.slice(colon + 1)]
  }
}
