import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ids } from './ids.ts'
import { nodePlatform } from '../platform/index.ts'
import { probability, thresholdOf } from './probability-sampler.ts'
import { alwaysOff, alwaysOn, byName, parentBased, traceIdRatio } from './sampler.ts'
import type { Sampler } from './sampler.ts'
import { memoryRecorder } from './testing/memory.ts'
import { TraceState } from './trace-state.ts'

const ids = new Ids(nodePlatform().random)
const decide = (sampler: Sampler, traceId: string, state?: string) =>
  sampler.shouldSample({
    parent:
      state === undefined
        ? undefined
        : { traceId, spanId: 'a'.repeat(16), traceFlags: 1, traceState: TraceState.parse(state) },
    traceId,
    name: 'GET /',
    kind: 'server',
    attributes: undefined,
  })

describe.each([traceIdRatio, probability])('a share by the trace id', (sampler) => {
  test('keeps about as many as it says, the same ones everywhere, and more of them with a larger share', () => {
    const traces = Array.from({ length: 20_000 }, () => ids.traceId())
    const kept = (ratio: number) => traces.filter((id) => decide(sampler(ratio), id).sampled)
    const tenth = kept(0.1)
    expect(tenth.length / traces.length).toBeCloseTo(0.1, 1)
    expect(kept(0.1)).toEqual(tenth)
    expect(new Set(kept(0.3))).toEqual(new Set([...kept(0.3), ...tenth]))
    expect([kept(0).length, kept(1).length, kept(-1).length, kept(7).length]).toEqual([0, 20_000, 0, 20_000])
  })
})

describe('the probability sampler', () => {
  test.each([
    [1, '0'],
    [0.5, '8'],
    [0.25, 'c'],
    [0.01, 'fd70a4'],
    [0, undefined],
    [2 ** -56, 'ffffffffffffff'],
  ])('a share of %d has the threshold %s', (ratio, threshold) => {
    expect(thresholdOf(ratio)).toBe(threshold)
  })

  test('a threshold stands for its share, as exactly as it is written', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-12, max: 1, noNaN: true }), (ratio) => {
        const rejected = Number(BigInt(`0x${thresholdOf(ratio)!.padEnd(14, '0')}`))
        expect(Math.abs((2 ** 56 - rejected) / 2 ** 56 / ratio - 1)).toBeLessThan(1e-3)
      }),
    )
  })

  test('goes by rv when there is one, never changes it, and tells its threshold', () => {
    const low = `${'a'.repeat(18)}${'0'.repeat(14)}`
    expect(decide(probability(0.5), low)).toEqual({ sampled: false, traceState: '' })
    const state = 'x=1,ot=rv:ffffffffffffff;th:0;q:z'
    expect(decide(probability(0.5), low, state)).toEqual({
      sampled: true,
      traceState: 'ot=rv:ffffffffffffff;th:8;q:z,x=1',
    })
    expect(decide(probability(0.5), low, 'ot=rv:00000000000000;th:0')).toEqual({
      sampled: false,
      traceState: 'ot=rv:00000000000000',
    })
  })
})

test('traces stay whole: children do as their parent did', () => {
  const { recorder, spans } = memoryRecorder({ sampler: parentBased(traceIdRatio(0.5)) })
  const tracer = recorder.tracer('t')
  for (let i = 0; i < 200; i++)
    tracer.startActiveSpan('root', (root) => {
      tracer.startActiveSpan('child', (child) => {
        tracer.startSpan('leaf').end()
        child.end()
      })
      root.end()
    })
  const counts = new Map<string, number>()
  for (const { traceId } of spans) counts.set(traceId, (counts.get(traceId) ?? 0) + 1)
  expect(new Set(counts.values())).toEqual(new Set([3]))
  expect(counts.size).toBeGreaterThan(50)
  expect(counts.size).toBeLessThan(150)
})

test('rules go by the name', () => {
  const sampler = byName(
    [
      { name: 'GET /health*', sampler: alwaysOff },
      { name: '*', sampler: alwaysOn },
    ],
    alwaysOff,
  )
  const named = (name: string) =>
    sampler.shouldSample({
      parent: undefined,
      traceId: ids.traceId(),
      name,
      kind: 'server',
      attributes: undefined,
    }).sampled
  expect([named('GET /healthz'), named('GET /orders'), named('GET.health')]).toEqual([false, true, true])
})
