import * as fc from 'fast-check'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { expect, it } from 'vitest'
import { keyOf, tested, globbed, valueAt } from './condition.ts'
import { type Counts, Matcher } from './matcher.ts'
import { parsePattern, type Step } from './pattern.ts'

interface Found {
  key: string
  positions: number[]
}

const eventAt = (position: number, type: string, key: number, ns: number, bad: boolean): RecordedEvent => ({
  event: type,
  id: `id-${position}`,
  stream: `stream-${key}`,
  version: position,
  position,
  time: String(1_000 + ns),
  data: { bad, ...(key === 0 ? {} : { key }) },
})

/** Times wander backwards now and then. */
const streams = fc
  .array(
    fc.record({
      type: fc.constantFrom('A', 'B', 'C', 'D'),
      key: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: -3, max: 6 }),
      bad: fc.boolean(),
    }),
    { maxLength: 60 },
  )
  .map((drafts) => {
    let ns = 100
    return drafts.map(({ type, key, step, bad }, i) =>
      eventAt(i + 1, type, key, (ns = Math.max(0, ns + step)), bad),
    )
  })

const pattern = fc
  .tuple(
    fc.constantFrom('A', 'A[bad=true]', '*'),
    fc.array(
      fc.tuple(
        fc.constantFrom('followed by', 'not followed by'),
        fc.constantFrom('A', 'B', 'C[bad!=true]', 'B[bad = false]', '*'),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([first, others]) => [first, ...others.map((parts) => parts.join(' '))].join(' '))

const by = fc.constantFrom('stream' as const, ['key'])
const within = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined })

function streamed(events: readonly RecordedEvent[], options: ConstructorParameters<typeof Matcher>[0]) {
  const found: Found[] = []
  const matcher = new Matcher(options, ({ key, events: seen }) =>
    found.push({ key, positions: seen.map(({ position }) => position) }),
  )
  for (const event of events) matcher.take(event, event.time)
  matcher.end('1000000')
  return { found: found.toSorted((a, b) => a.positions[0]! - b.positions[0]!), counts: matcher.counts }
}

const fits = (event: RecordedEvent, step: Step): boolean =>
  globbed(step.type)(event.event) && tested(step)(event.data)

/** The same by the words of the definition: every beginning walks through all that follows. */
function naive(
  events: readonly RecordedEvent[],
  steps: readonly Step[],
  keyPath: 'stream' | string[],
  withinNs = Infinity,
): Found[] {
  const key = (event: RecordedEvent): string | undefined =>
    keyPath === 'stream' ? event.stream : keyOf(valueAt(event.data, keyPath))
  return events.flatMap((first) => {
    const own = key(first)
    if (own === undefined || !fits(first, steps[0]!)) return []
    const start = Number(first.time)
    const positions = [first.position]
    let next = 1
    for (const event of events) {
      const at = Number(event.time)
      if (next === steps.length) break
      if (event.position <= first.position || key(event) !== own) continue
      if (!steps.some((step) => globbed(step.type)(event.event))) continue
      if (at > start + withinNs) break
      if (at < start) continue
      let wanted = next
      while (steps[wanted]?.not) wanted++
      const guards = steps.slice(next, wanted)
      if (wanted < steps.length && fits(event, steps[wanted]!)) {
        positions.push(event.position)
        next = wanted + 1
      } else if (guards.some((guard) => fits(event, guard))) return []
    }
    return steps.slice(next).every(({ not }) => not)
      ? [{ key: keyPath === 'stream' ? own : String(JSON.parse(own)), positions }]
      : []
  })
}

it('one pass finds what walking from every beginning finds', () => {
  fc.assert(
    fc.property(streams, pattern, by, within, (events, text, keyPath, withinNs) => {
      const steps = parsePattern(text)
      const { found, counts } = streamed(events, {
        steps,
        by: keyPath,
        ...(withinNs === undefined ? {} : { within: withinNs }),
      })
      expect(found).toEqual(naive(events, steps, keyPath, withinNs))
      expect(counts.matched + counts.unmatched).toBe(counts.begun)
    }),
    { numRuns: 2_000 },
  )
})

it('every A is followed by B or not followed by B, never both', () => {
  fc.assert(
    fc.property(streams, by, within, (events, keyPath, withinNs) => {
      const ask = (text: string): number[] =>
        streamed(events, {
          steps: parsePattern(text),
          by: keyPath,
          ...(withinNs === undefined ? {} : { within: withinNs }),
        }).found.map(({ positions }) => positions[0]!)
      const both = [...ask('A followed by B'), ...ask('A not followed by B')]
      expect(both.toSorted((a, b) => a - b)).toEqual(keyPath === 'stream' ? ask('A') : ask('A[key>0]'))
    }),
    { numRuns: 1_000 },
  )
})

it('holds no more windows than allowed, and counts what it could not decide', () => {
  fc.assert(
    fc.property(streams, pattern, within, (events, text, withinNs) => {
      const steps = parsePattern(text)
      const options = {
        steps,
        by: 'stream' as const,
        ...(withinNs === undefined ? {} : { within: withinNs }),
      }
      const { counts }: { counts: Counts } = streamed(events, { ...options, windowsMax: 3 })
      expect(counts.matched + counts.unmatched + counts.dropped).toBe(counts.begun)
    }),
  )
})
