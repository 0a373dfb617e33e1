import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs } from './backoff.ts'
import { CLOSED, attempt, settle } from './breaker.ts'
import type { Breaker } from './breaker.ts'
import { BACKOFF_MS, BREAKER } from './limits.ts'

const { failuresMax, openMs } = BREAKER
const failed = (breaker: Breaker, nowMs: number): Breaker =>
  settle(attempt(breaker, nowMs).breaker, false, nowMs)

test('it opens after so many failures in a row, lets one probe through, and closes with its answer', () => {
  let breaker = CLOSED
  for (let i = 0; i < failuresMax; i++) {
    expect(attempt(breaker, 0).allowed).toBe(true)
    breaker = failed(breaker, 0)
  }
  expect(attempt(breaker, openMs.first - 1).allowed).toBe(false)
  const probe = attempt(breaker, openMs.first)
  expect(probe).toMatchObject({ allowed: true, breaker: { phase: 'half-open' } })
  expect(attempt(probe.breaker, openMs.first).allowed).toBe(false)
  expect(settle(probe.breaker, true, openMs.first)).toEqual(CLOSED)
})

test('each failed probe doubles the wait, up to the limit', () => {
  let breaker = CLOSED
  for (let i = 0; i < failuresMax; i++) breaker = failed(breaker, 0)
  const waits: number[] = []
  for (let now = 0; waits.length < 8;) {
    if (breaker.phase !== 'open') throw new Error('it must be open')
    waits.push(breaker.untilMs - now)
    now = breaker.untilMs
    breaker = failed(breaker, now)
  }
  expect(waits).toEqual(Array.from({ length: 8 }, (_, i) => Math.min(openMs.first * 2 ** i, openMs.max)))
})

test('an answer in between starts the count anew', () => {
  let breaker = CLOSED
  for (let i = 0; i < failuresMax - 1; i++) breaker = failed(breaker, 0)
  breaker = settle(breaker, true, 0)
  for (let i = 0; i < failuresMax - 1; i++) breaker = failed(breaker, 0)
  expect(breaker.phase).toBe('closed')
})

test('whatever happens, one probe at most is under way, and it is never open for ever', () => {
  const steps = fc.array(fc.record({ ms: fc.nat(70_000), answered: fc.boolean(), concurrent: fc.nat(3) }))
  fc.assert(
    fc.property(steps, (all) => {
      let breaker = CLOSED
      let now = 0
      for (const { ms, answered, concurrent } of all) {
        now += ms
        const phase = breaker.phase
        let allowed = 0
        for (let i = 0; i <= concurrent; i++) {
          const next = attempt(breaker, now)
          breaker = next.breaker
          if (next.allowed) allowed++
        }
        expect(allowed).toBeLessThanOrEqual(phase === 'closed' ? concurrent + 1 : 1)
        for (let i = 0; i < allowed; i++) breaker = settle(breaker, answered, now)
        expect(breaker.phase === 'open' ? breaker.untilMs - now : 0).toBeLessThanOrEqual(openMs.max)
        expect(breaker.phase).not.toBe('half-open')
      }
    }),
  )
})

test('waits are random, double, stay within the limit, and obey what the collector asks for', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 2_000 }),
      fc.double({ min: 0, max: 0.999, noNaN: true }),
      (failures, random) => {
        const wait = backoffMs(failures, random)
        expect(wait).toBeGreaterThanOrEqual(BACKOFF_MS.first / 2)
        expect(wait).toBeLessThanOrEqual(BACKOFF_MS.max)
        expect(backoffMs(failures, random, 7_000)).toBeGreaterThanOrEqual(7_000)
      },
    ),
  )
  expect([1, 2, 3, 4, 5, 6, 7].map((failures) => backoffMs(failures, 0))).toEqual([
    500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000,
  ])
})
