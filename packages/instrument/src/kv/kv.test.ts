import { PGlite } from '@electric-sql/pglite'
import { createStorage } from 'unstorage'
import { afterAll, describe, expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { instrumentKv, instrumentSql, instrumentStorage } from './index.ts'

const recorded = recordInTests()
const attributes = (name: string): Record<string, unknown> => object(recorded.span(name).attributes)

async function all<T>(entries: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const entry of entries) found.push(entry)
  return found
}

/** Deno KV's answers, with private fields as the real one has. */
class MemoryKv {
  readonly #entries = new Map<string, unknown>()
  failing = false
  #entry(key: readonly unknown[]) {
    if (this.failing) throw new TypeError('disk on fire')
    const value = this.#entries.get(JSON.stringify(key))
    return { key, value: value ?? null, versionstamp: value === undefined ? null : '01' }
  }
  async get(key: readonly unknown[]) {
    return this.#entry(key)
  }
  async getMany(keys: readonly (readonly unknown[])[]) {
    return keys.map((key) => this.#entry(key))
  }
  async set(key: readonly unknown[], value: unknown) {
    this.#entries.set(JSON.stringify(key), value)
    return { ok: true, versionstamp: '01' }
  }
  async delete(key: readonly unknown[]) {
    this.#entries.delete(JSON.stringify(key))
  }
  async enqueue(_value: unknown) {
    return { ok: true }
  }
  async *list(_selector: { prefix: readonly unknown[] }) {
    for (const key of this.#entries.keys()) yield this.#entry(JSON.parse(key) as unknown[])
  }
  atomic() {
    const steps = {
      check: () => steps,
      set: (_key: unknown, _value: unknown) => steps,
      commit: async () => ({ ok: false }),
    }
    return steps
  }
}

describe('a Deno KV', () => {
  it('tells what was asked, of what, and whether it was there', async () => {
    const kv = instrumentKv(new MemoryKv())
    expect(instrumentKv(kv)).toBe(kv)
    await record('work', async () => {
      await kv.set(['users', 'ada@example.org'], { name: 'Ada' })
      expect(await kv.get(['users', 'ada@example.org'])).toMatchObject({ value: { name: 'Ada' } })
      await kv.getMany([
        ['users', 'ada@example.org'],
        ['users', 'nobody'],
      ])
      await kv.enqueue({ job: 1 })
      for await (const entry of kv.list({ prefix: ['users'] })) expect(entry.value).toEqual({ name: 'Ada' })
      await kv.delete(['users', 'ada@example.org'])
      await kv.atomic().check().set(['users', 1], 1).commit()
    })
    expect(tree(recorded.spans)).toEqual({
      work: {
        'set users': {},
        'get users': {},
        'getMany users': {},
        enqueue: {},
        'list users': {},
        'delete users': {},
        commit: {},
      },
    })
    expect(attributes('get users')).toEqual({
      'db.system.name': 'deno.kv',
      'db.operation.name': 'get',
      'db.collection.name': 'users',
      'db.result.found': true,
    })
    expect(attributes('getMany users')).toMatchObject({
      'db.response.returned_rows': 1,
      'db.result.found': true,
    })
    expect(attributes('list users')).toMatchObject({ 'db.response.returned_rows': 1 })
    expect(attributes('commit')).toMatchObject({
      'db.operation.batch.size': 2,
      'spanledger.db.committed': false,
    })
    expect(recorded.span('enqueue').kind).toBe('producer')
    expect(JSON.stringify(recorded.spans)).not.toContain('ada@example.org')
    expect(await recorded.points('db.client.operations')).toHaveLength(7)
    expect(await recorded.points('db.client.operation.duration')).toContainEqual(
      expect.objectContaining({ 'db.operation.name': 'get', count: 1 }),
    )
  })

  it('that fails, fails for its caller, and its span is an error', async () => {
    const kv = instrumentKv(new MemoryKv())
    await kv.set(['a'], 1)
    kv.failing = true
    await expect(kv.get(['a'])).rejects.toThrow('disk on fire')
    await expect(all(kv.list({ prefix: ['a'] }))).rejects.toThrow('disk on fire')
    for (const name of ['get a', 'list a']) {
      expect(recorded.span(name)).toMatchObject({ status: 'error', events: [{ name: 'exception' }] })
      expect(attributes(name)['error.type']).toBe('TypeError')
    }
  })

  it('ends the span of a list that is left early', async () => {
    const kv = instrumentKv(new MemoryKv())
    for (let i = 0; i < 3; i++) await kv.set(['n', i], i)
    for await (const _ of kv.list({ prefix: ['n'] })) break
    expect(attributes('list n')).toMatchObject({ 'db.response.returned_rows': 1 })
  })
})

describe('unstorage', () => {
  it('is recorded under its own calls and their short names', async () => {
    const storage = instrumentStorage(createStorage())
    await storage.set('users:1', 'Ada')
    expect(await storage.getItem('users:1')).toBe('Ada')
    expect(await storage.get('users:2')).toBeNull()
    await storage.hasItem('users:1')
    await storage.getKeys()
    await storage.removeItem('users:1')
    expect(recorded.spans.map(({ name }) => name)).toEqual([
      'set users',
      'get users',
      'get users',
      'has users',
      'list',
      'delete users',
    ])
    const [, hit, miss] = recorded.spans
    expect(object(hit!.attributes)).toMatchObject({ 'db.system.name': 'unstorage', 'db.result.found': true })
    expect(object(miss!.attributes)).toMatchObject({ 'db.result.found': false })
  })
})

describe('SQL', () => {
  const pglite = new PGlite()
  afterAll(() => pglite.close())

  it('of a real PostgreSQL tells rows and errors, but no values', async () => {
    const db = instrumentSql(pglite, { database: 'shop' })
    await db.exec('CREATE TABLE users (id int primary key, name text)')
    await db.query("INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')")
    const { rows } = await db.query<{ name: string }>('SELECT name FROM users WHERE id = $1', [1])
    expect(rows).toEqual([{ name: 'Ada' }])
    await expect(db.query("INSERT INTO users VALUES (1, 'Evelyn')")).rejects.toThrow('duplicate key')
    await db.transaction(async (tx) => void (await tx.query('DELETE FROM users')))
    expect(tree(recorded.spans)).toMatchObject({
      'CREATE users': {},
      'SELECT users': {},
      TRANSACTION: { 'DELETE users': {} },
    })
    expect(attributes('SELECT users')).toEqual({
      'db.system.name': 'postgresql',
      'db.namespace': 'shop',
      'db.operation.name': 'SELECT',
      'db.collection.name': 'users',
      'db.query.text': 'SELECT name FROM users WHERE id = $1',
      'db.query.summary': 'SELECT users',
      'db.response.returned_rows': 1,
      'db.result.found': true,
    })
    const [, inserted, , refused] = recorded.spans
    expect(object(inserted!.attributes)).toMatchObject({ 'spanledger.db.affected_rows': 2 })
    expect(refused).toMatchObject({ status: 'error' })
    expect(object(refused!.attributes)).toMatchObject({
      'error.type': '23505',
      'db.response.status_code': '23505',
    })
    expect(JSON.stringify(recorded.spans)).not.toMatch(/Ada|Grace|Evelyn/)
  })

  it('with callbacks calls them back outside of the query, and through a pool records once', async () => {
    const client = {
      query(text: string, callback?: (error: unknown, result: unknown) => void): unknown {
        if (callback === undefined) return Promise.resolve({ rows: [], rowCount: 3 })
        setTimeout(() => callback(null, { rows: [1] }), 1)
        return text
      },
    }
    const pool = {
      connect: async () => client,
      query: (text: string) => client.query(text),
    }
    const db = instrumentSql(pool)
    await db.query('UPDATE t SET a = 1')
    const connected = await db.connect()
    await new Promise<void>((resolve) =>
      record('work', () => {
        expect(connected.query('SELECT 1', () => record('after', () => resolve()))).toBe('SELECT 1')
      }),
    )
    await Promise.resolve()
    expect(recorded.spans.map(({ name }) => name).toSorted()).toEqual(['SELECT', 'UPDATE t', 'after', 'work'])
    expect(tree(recorded.spans)).toMatchObject({ work: { SELECT: {}, after: {} } })
    expect(attributes('UPDATE t')['spanledger.db.affected_rows']).toBe(3)
  })
})

it('off, everything does what it did', async () => {
  await shutdown()
  const kv = instrumentKv(new MemoryKv())
  await kv.set(['a'], 1)
  expect(await kv.get(['a'])).toMatchObject({ value: 1 })
  expect(await all(kv.list({ prefix: [] }))).toHaveLength(1)
  expect(recorded.spans).toEqual([])
})
