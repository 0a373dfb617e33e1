import { expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { instrumentCache } from './index.ts'

const recorded = recordInTests()

it('tells hits and misses, whence, and for how long', async () => {
  const entries = new Map<string, unknown>()
  const cache = instrumentCache(
    {
      async get(key: string) {
        return entries.get(key)
      },
      async set(key: string, value: unknown, _ttlMs?: number) {
        entries.set(key, value)
      },
      async delete(key: string) {
        return entries.delete(key)
      },
      async clear() {
        entries.clear()
      },
      async getOrSet(key: string, make: () => unknown) {
        const found = await this.get(key)
        if (found === undefined) await this.set(key, make())
      },
    },
    { name: 'users', source: 'kv' },
  )
  await record('work', async () => {
    await cache.get('u:1')
    await cache.set('u:1', { name: 'Ada' }, 60_000)
    await cache.get('u:1')
    await cache.delete('u:1')
    await cache.clear()
  })
  const [miss, set, hit, , clear] = recorded.spans.map(({ attributes }) => object(attributes))
  expect(recorded.spans.map(({ name }) => name)).toEqual([
    'cache.get',
    'cache.set',
    'cache.get',
    'cache.delete',
    'cache.clear',
    'work',
  ])
  expect(miss).toMatchObject({ 'cache.key': 'u:1', 'cache.hit': false, 'cache.source': 'kv' })
  expect(set).toMatchObject({ 'cache.ttl': 60_000 })
  expect(set).not.toHaveProperty(['cache.hit'])
  expect(hit).toMatchObject({ 'cache.hit': true, 'cache.name': 'users' })
  expect(clear).not.toHaveProperty(['cache.key'])
  expect(await recorded.points('cache.hits')).toMatchObject([{ value: 1, 'cache.source': 'kv' }])
  expect(await recorded.points('cache.misses')).toMatchObject([{ value: 1 }])
  expect(await recorded.points('cache.operation.duration')).toHaveLength(4)
  recorded.spans.length = 0
  await record('composed', () => cache.getOrSet('u:2', () => 2))
  expect(tree(recorded.spans)).toEqual({ composed: { 'cache.get': {}, 'cache.set': {} } })
})

it('of a Map too, with keys that must not be shown', () => {
  const cache = instrumentCache(new Map<string, number>(), { showKey: () => undefined })
  cache.set('token-abc', 1)
  expect(cache.get('token-abc')).toBe(1)
  expect(cache.size).toBe(1)
  expect(JSON.stringify(recorded.spans)).not.toContain('token-abc')
  expect(object(recorded.span('cache.get').attributes)).toMatchObject({
    'cache.hit': true,
    'cache.source': 'memory',
  })
})

it('leaves no span open when it throws', () => {
  const cache = instrumentCache({
    get() {
      throw new RangeError('broken')
    },
    set() {},
  })
  expect(() => cache.get()).toThrow('broken')
  expect(recorded.span('cache.get')).toMatchObject({ status: 'error' })
})
