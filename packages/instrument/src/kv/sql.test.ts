import { describe, expect, it } from 'vitest'
import { record } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { instrumentSql } from './index.ts'

const recorded = recordInTests()

type Callback = (error: unknown, ...results: unknown[]) => void

describe('a client with callbacks', () => {
  it('gives them all that it gives', async () => {
    const mysql = {
      query: (_text: string, callback: Callback) => void setImmediate(callback, null, [{ a: 1 }], ['field']),
    }
    const given = await new Promise((resolve) =>
      instrumentSql(mysql).query('SELECT 1', (...all) => resolve(all)),
    )
    expect(given).toEqual([null, [{ a: 1 }], ['field']])
  })

  it('that throws at once throws for its caller, and the span is an error', () => {
    const closed = {
      query(_text: string, _callback: Callback): void {
        throw new TypeError('closed')
      },
    }
    expect(() => instrumentSql(closed).query('SELECT 1', () => {})).toThrow('closed')
    expect(recorded.span('SELECT')).toMatchObject({ status: 'error', statusMessage: 'closed' })
    expect(object(recorded.span('SELECT').attributes)['error.type']).toBe('TypeError')
  })
})

describe('a query that runs when it is awaited', () => {
  const runs: string[] = []
  class Lazy {
    readonly text: string
    constructor(text: string) {
      this.text = text
    }
    // oxlint-disable-next-line unicorn/no-thenable -- as query builders do
    then<T>(done?: (result: { rows: number[] }) => T, failed?: (error: unknown) => T): Promise<T> {
      runs.push(this.text)
      return record('run', async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        if (this.text.includes('missing')) throw new RangeError('no table')
        return { rows: [1] }
      }).then(done, failed) as Promise<T>
    }
    where() {
      return this
    }
  }
  const client = instrumentSql({ query: (text: string) => new Lazy(text) })

  it('has a span of its run, once', async () => {
    runs.length = 0
    const query = client.query('SELECT 1').where()
    expect(query).toBeInstanceOf(Lazy)
    expect(Object.keys(query)).toEqual(['text'])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect([runs, recorded.spans]).toEqual([[], []])
    await record('work', async () => {
      expect(await query).toEqual({ rows: [1] })
      await query.then(() => record('after', () => {}))
    })
    expect(runs).toHaveLength(2)
    expect(tree(recorded.spans)).toMatchObject({ work: { SELECT: { run: {} }, after: {} } })
    const span = recorded.spans.find(({ name }) => name === 'SELECT')!
    const tookMs = (span.endSeconds - span.startSeconds) * 1_000 + (span.endNanos - span.startNanos) / 1e6
    expect(tookMs).toBeGreaterThan(15)
    expect(tookMs).toBeLessThan(1_000)
    expect(object(span.attributes)['db.response.returned_rows']).toBe(1)
  })

  it('fails with it', async () => {
    await expect(client.query('SELECT * FROM missing')).rejects.toThrow('no table')
    expect(recorded.span('SELECT missing')).toMatchObject({ status: 'error', statusMessage: 'no table' })
  })
})

describe('what is not recorded is as on the bare client', () => {
  class Client {
    readonly open = true
  }
  class Pool {
    readonly #name = 'pool'
    #size = 1
    readonly Client = Client
    get size() {
      return this.#size
    }
    set size(size) {
      this.#size = size
    }
    name() {
      return this.#name
    }
    on() {
      return this
    }
    async query(_text: string) {
      return { rows: [this.#name] }
    }
  }

  it('classes, private fields, itself', async () => {
    const pool = instrumentSql(new Pool())
    expect(pool.Client).toBe(Client)
    expect(new pool.Client()).toBeInstanceOf(Client)
    expect(pool.constructor).toBe(Pool)
    expect(pool).toBeInstanceOf(Pool)
    expect(pool.name()).toBe('pool')
    expect(pool.name).toBe(pool.name)
    pool.size = 2
    expect(pool.size).toBe(2)
    expect(await pool.on().query('SELECT 1')).toEqual({ rows: ['pool'] })
    expect(recorded.spans).toHaveLength(1)
  })

  it('functions that are constructors of old', () => {
    const client = instrumentSql({ query: () => {}, Query: Query as unknown as new (text: string) => object })
    expect(new client.Query('a')).toEqual({ text: 'a' })
    expect(new client.Query('a')).toBeInstanceOf(client.Query)
  })

  it('a frozen one', async () => {
    const frozen = Object.freeze({
      query: async (_text: string) => ({ rows: [] }),
      end: () => 'ended',
      on: 1,
    })
    const client = instrumentSql(frozen)
    await record('work', () => client.query('SELECT 1'))
    expect(client.end()).toBe('ended')
    expect(Object.keys(client)).toEqual(['query', 'end', 'on'])
    expect(() => Object.assign(client, { on: 2 })).toThrow(TypeError)
    expect(tree(recorded.spans)).toEqual({ work: { SELECT: {} } })
  })
})

function Query(this: { text: string }, text: string): void {
  this.text = text
}
