import type { Platform } from '@spanledger/sdk/platform'
import { expect, it } from 'vitest'
import { createWarner } from './warn.ts'

it('tells a message at once, and the same again only after 30 seconds', () => {
  let nowMs = 0
  const told: string[] = []
  const platform = { clock: { monotonicMs: () => nowMs } } as unknown as Platform
  const warn = createWarner(platform, (message) => told.push(message))
  warn('full')
  warn('full')
  warn('other')
  nowMs = 29_999
  warn('full')
  nowMs = 30_000
  warn('full')
  expect(told).toEqual(['full', 'other', 'full'])
})
