import { expect, test } from 'vitest'
import { nodePlatform } from './node.ts'
import { uuidFrom, uuidv7 } from './uuid.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-([78])[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('uuidv7 sorts by time and does not repeat', () => {
  let ms = Date.UTC(2026, 10, 21)
  const platform = { ...nodePlatform(), clock: { ...nodePlatform().clock, nowMs: () => ms } }
  const made = Array.from({ length: 1000 }, () => {
    ms++
    return uuidv7(platform)
  })
  for (const id of made) expect(id).toMatch(UUID)
  expect(made.toSorted()).toEqual(made)
  expect(new Set(Array.from({ length: 1000 }, () => uuidv7(platform))).size).toBe(1000)
  expect(Number.parseInt(made[0]!.replace('-', '').slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 21) + 1)
})

test('uuidFrom is the same for the same parts, for ever, and another one for others', () => {
  expect(uuidFrom('session', '1')).toMatch(UUID)
  // Ids in ledgers depend on it: this value must never change.
  expect(uuidFrom('session', '1')).toBe('98a0d302-ac8d-8512-879f-f11e97f1ef68')
  const others = [
    ['session', '2'],
    ['session1'],
    ['sessio', 'n1'],
    ['session', '1', ''],
    ['1', 'session'],
    [],
    ['\u00e9'],
    ['e\u0301'],
  ]
  expect(new Set([uuidFrom('session', '1'), ...others.map((parts) => uuidFrom(...parts))]).size).toBe(
    others.length + 1,
  )
})
