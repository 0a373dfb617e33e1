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
