import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LEDGER_KINDS } from './home.ts'
import { decideRetention, RECENT_MS } from './retention.ts'
import type { RetainedSegment, RetentionRules } from './retention.ts'

const NOW = Date.UTC(2026, 10, 21)
const DAY = 86_400_000

const segmentOf = (daysAgo: number, over: Partial<RetainedSegment> = {}): RetainedSegment => ({
  kind: 'spans',
  segment: String(1_000 - daysAgo),
  removable: true,
  writtenMs: NOW - daysAgo * DAY,
  storedBytes: 10,
  ...over,
})

const removed = (...args: Parameters<typeof decideRetention>): string[] =>
  decideRetention(...args).remove.map(({ segment, rule }) => `${segment.segment} ${rule}`)

/** As the rules judge it. */
const timeOf = ({ writtenMs, latestMs = -Infinity }: RetainedSegment, nowMs: number): number =>
  writtenMs > nowMs ? nowMs : Math.max(writtenMs, latestMs <= nowMs ? latestMs : writtenMs)

const nameOf = (one: RetainedSegment): string => `${one.kind}/${one.segment}`

const NONE = new Map<string, string[]>()

describe('retention', () => {
  const segments = [40, 31, 29, 1, 0].map((days) => segmentOf(days))

  test('removes what is older than the age, and what is beyond the size, oldest first', () => {
    expect(removed(segments, { spans: { ageMs: 30 * DAY } }, NONE, NOW)).toEqual([
      '960 age 30d',
      '969 age 30d',
    ])
    expect(removed(segments, { spans: { bytes: 25 } }, NONE, NOW)).toEqual([
      '960 size 25B',
      '969 size 25B',
      '971 size 25B',
    ])
    expect(removed(segments, { spans: { ageMs: 35 * DAY, bytes: 30 } }, NONE, NOW)).toEqual([
      '960 age 35d',
      '969 size 30B',
    ])
    expect(removed(segments, { logs: { bytes: 1 } }, NONE, NOW)).toEqual([])
  })

  test('a clock that jumped forward or back, and times that no clock had, make nothing old', () => {
    const rules = { spans: { ageMs: 30 * DAY } }
    const year2100 = Date.UTC(2100, 0, 1)
    expect(removed(segments, rules, NONE, year2100)).toEqual(removed(segments, rules, NONE, NOW))
    const jumped = [...segments, segmentOf(0, { segment: '2100', writtenMs: year2100 })]
    const plan = decideRetention(jumped, rules, NONE, year2100 + 1)
    expect(plan.remove.map(({ segment }) => segment.segment)).toEqual(['960', '969'])
    expect(plan.clockAheadMs).toBeGreaterThan(70 * 365 * DAY)
    expect(removed(segments, rules, NONE, Date.UTC(1980, 0, 1))).toEqual([])
    // Its records say 1970: they were kept when it was written.
    expect(removed([segmentOf(3, { latestMs: 0 }), segmentOf(0)], rules, NONE, NOW)).toEqual([])
    expect(removed([segmentOf(40, { latestMs: year2100 }), segmentOf(0)], rules, NONE, NOW)).toHaveLength(1)
    const believed = decideRetention(segments, rules, NONE, year2100, { believeClock: true })
    expect(believed.remove).toHaveLength(4)
  })

  test('tells what is recent, unless the rule means it', () => {
    const young = [0.02, 0.01, 0].map((days) => segmentOf(days))
    const recent = (evenRecent: boolean) =>
      decideRetention(young, { spans: { bytes: 1, evenRecent } }, NONE, NOW).remove.map((one) => one.recent)
    expect(recent(false)).toEqual([true, true])
    expect(recent(true)).toEqual([false, false])
    expect(0.02 * DAY).toBeLessThan(RECENT_MS)
  })

  const kinds = fc.constantFrom(...LEDGER_KINDS)
  const anySegment = fc.record({
    kind: kinds,
    removable: fc.boolean(),
    writtenMs: fc.integer({ min: -1e12, max: 5e12 }),
    latestMs: fc.integer({ min: -1e12, max: 5e12 }),
    storedBytes: fc.nat(1_000),
  })
  const rule = fc.record({ ageMs: fc.nat(5e12), bytes: fc.nat(5_000) }, { requiredKeys: [] })
  const anyRules = fc.record({ spans: rule, logs: rule, metrics: rule, events: rule }, { requiredKeys: [] })

  test('never removes held, unsealed, newest or unnamed; never newer before older; keeps its budget', () => {
    fc.assert(
      fc.property(
        fc.array(anySegment, { maxLength: 30 }),
        anyRules,
        fc.array(fc.nat(29)),
        fc.integer({ min: -1e12, max: 5e12 }),
        fc.boolean(),
        (drafts, rules, heldOnes, clockMs, believeClock) => {
          const all = drafts.map((draft, i) => ({ ...draft, segment: String(i).padStart(3, '0') }))
          const holds = new Map(heldOnes.flatMap((i) => (all[i] ? [[nameOf(all[i]), ['h']]] : [])))
          const plan = decideRetention(all, rules as RetentionRules, holds, clockMs, { believeClock })
          const gone = new Set<RetainedSegment>(plan.remove.map(({ segment }) => segment))
          const mayGo = (one: RetainedSegment) => one.removable && !holds.has(nameOf(one))
          const wrong = [...gone].filter((one) => !mayGo(one) || rules[one.kind] === undefined)
          for (const kind of LEDGER_KINDS) {
            const left = all.filter((one) => one.kind === kind && !gone.has(one))
            const mine = [...gone].filter((one) => one.kind === kind)
            const youngest = Math.max(...mine.map((one) => timeOf(one, plan.nowMs)))
            wrong.push(...left.filter((one) => mayGo(one) && timeOf(one, plan.nowMs) < youngest))
            if (left.length === 0) wrong.push(...mine)
            const bytes = left.reduce((sum, one) => sum + one.storedBytes, 0)
            const free = left.filter(mayGo)
            // What may stay beyond the budget is one segment, the newest.
            if (bytes > (rules[kind]?.bytes ?? Infinity)) wrong.push(...free.slice(1))
          }
          expect(wrong).toEqual([])
          expect(plan.nowMs).toBeLessThanOrEqual(clockMs)
        },
      ),
      { numRuns: 500 },
    )
  })
})
