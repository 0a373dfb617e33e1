import { expect, it } from 'vitest'
import { upcast, type Upcaster, type Upcasters } from './upcast.ts'

/** A made-up event that was written in three shapes: a name; first and last name; a list of names. */
const split: Upcaster = (data) => {
  const { name } = data as { name: string }
  const [first, last] = name.split(' ')
  return { first, last }
}
const list: Upcaster = (data) => {
  const { first, last } = data as { first: string; last: string }
  return { names: [first, last] }
}
const chain: Upcasters = { PersonNamed: [split, list] }

const one = Object.freeze({ event: 'PersonNamed', data: Object.freeze({ name: 'Ada Lovelace' }) })
const two = Object.freeze({ event: 'PersonNamed', schema: 2, data: Object.freeze(split(one.data) as object) })
const three = { event: 'PersonNamed', schema: 3, data: { names: ['Ada', 'Lovelace'] } }

it('brings every shape to the newest, whichever it was written in', () => {
  for (const event of [one, two, three]) expect(upcast(event, chain)).toEqual(three)
})

it('changes nothing that is in the newest shape, so that doing it twice is doing it once', () => {
  expect(upcast(three, chain)).toBe(three)
  expect(upcast(upcast(one, chain), chain)).toEqual(three)
})

it('a longer chain comes to what the shorter one comes to, one step further', () => {
  const shorter = upcast(one, { PersonNamed: [split] })
  expect(shorter).toEqual(two)
  expect(upcast(shorter, chain)).toEqual(upcast(one, chain))
})

it('leaves alone what has no chain, and shapes that are newer than it knows', () => {
  const other = { event: 'constructor', data: { name: 'Ada' } }
  expect(upcast(other, chain)).toBe(other)
  const newer = { event: 'PersonNamed', schema: 4, data: { told: true } }
  expect(upcast(newer, chain)).toBe(newer)
})
