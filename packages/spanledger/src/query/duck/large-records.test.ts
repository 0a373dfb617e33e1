import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Queries } from '../open-queries.ts'
import { at, log, origin, smallLedger, type SmallLedger, span, traceId } from '../testing/small-ledger.ts'

const agent = origin('agent')
let ledger: SmallLedger
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  queries = await ledger.queries()
})
afterEach(() => ledger.remove())

/** Texts that differ, of so many bytes. */
const text = (n: number, bytes: number): string =>
  Array.from({ length: bytes / 10 }, (_, i) => String(n * 1_000_003 + i).padStart(10, '0')).join('')

const writeLogs = (count: number, bytes: number): void => {
  const lines = Array.from({ length: count }, (_, n) =>
    log(n, { severity: 9, body: text(n, bytes), in: agent.origin }),
  )
  ledger.segment('logs', [agent, ...lines])
}

it.each([
  [5_000, 5_000],
  [500, 60_000],
  [100, 300_000],
  [2, 10_000_000],
])('%i log records of %i bytes are found', async (count, bytes) => {
  writeLogs(count, bytes)
  const answer = (await queries.run('logs', { limit: 1 })) as { rows: { body: string }[] }
  expect(answer.rows.map(({ body }) => body === text(count - 1, bytes))).toEqual([true])
})

it('SQL reads parts of large bodies', async () => {
  writeLogs(1_000, 60_000)
  expect(await queries.run('sql', { query: 'SELECT max(body[1:10]) AS first FROM logs' })).toMatchObject({
    rows: [{ first: '0999002997' }],
  })
})

it('traces are found by a large attribute', async () => {
  const spans = Array.from({ length: 150 }, (_, n) =>
    span(n + 1, n + 1, {
      start: at(n),
      attrs: { 'gen_ai.input.messages': n === 7 ? 'x' : text(n, 300_000) },
      in: agent.origin,
    }),
  )
  ledger.segment('spans', [agent, ...spans])
  expect(await queries.run('traces', { attr: 'gen_ai.input.messages=x' })).toMatchObject({
    rows: [{ traceId: traceId(8) }],
  })
})

it('of records at one moment the same ones are shown, however segments hold them', async () => {
  const lines = Array.from({ length: 50 }, (_, n) => log(0, { body: text(n, 100), in: agent.origin }))
  ledger.segment('logs', [agent, ...lines])
  const one = await queries.run('logs', { limit: 7 })
  await ledger.remove()
  ledger = smallLedger()
  queries = await ledger.queries()
  ledger.segment('logs', [agent, ...lines.slice(20).toReversed()])
  ledger.segment('logs', [agent, ...lines.slice(0, 20)])
  expect(await queries.run('logs', { limit: 7 })).toEqual(one)
})
