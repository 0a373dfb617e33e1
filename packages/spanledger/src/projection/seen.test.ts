import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Seen } from './seen.ts'

/** What a link of fewer than 1,000 events comes to, told the plain way. */
const digestOf = (events: readonly { position: number; id: string }[]): string =>
  createHash('sha256')
    .update(events.map(({ position, id }) => `${position} ${id}\n`).join(''))
    .digest('hex')

const position = fc.oneof(
  fc.integer({ min: 1, max: 1_000_000 }),
  fc.maxSafeInteger().filter((n) => n > 0),
)
const event = fc.record({
  position,
  id: fc.oneof(fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 400 })),
})

describe('what was seen', () => {
  it('is the positions and ids of all events, whether these were read as events or as lines', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 300 }), fc.nat({ max: 9 }), (events, before) => {
        const [whole, heads] = [new Seen(), new Seen()]
        for (const one of events) {
          whole.take(one)
          const bytes = Buffer.from(`${'-'.repeat(before)}${one.id}`)
          heads.takeHead({ position: one.position, id: bytes, idStart: before, idEnd: bytes.length })
        }
        expect(whole.digest()).toBe(digestOf(events))
        expect(heads.state()).toEqual(whole.state())
        expect(heads.endsWith(events.at(-1)!)).toBe(true)
        expect(heads.endsWith({ ...events.at(-1)!, position: 0 })).toBe(false)
      }),
    )
  })
})
