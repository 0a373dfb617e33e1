import type { SdkConfig } from '../config/index.ts'
import { alwaysOff, alwaysOn, byName, parentBased, probability, traceIdRatio } from '../record/index.ts'
import type { Sampler } from '../record/index.ts'

/** Rules decide about the first span of a trace, so with them everything below does as it did. */
export function samplerOf({ sampler, probability: share, rules }: SdkConfig['sampling']): Sampler {
  const name = sampler.replace(/^parentbased_/, '') as keyof typeof ROOTS
  const root = ROOTS[name](share)
  if (rules.length === 0) return name === sampler ? root : parentBased(root)
  const ruled = rules.map((rule) => ({ name: rule.name, sampler: probability(rule.probability) }))
  return parentBased(byName(ruled, root))
}

const ROOTS = {
  always_on: () => alwaysOn,
  always_off: () => alwaysOff,
  traceidratio: traceIdRatio,
  probability,
} satisfies Record<string, (share: number) => Sampler>
