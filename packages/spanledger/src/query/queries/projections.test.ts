import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { COST_DIMENSIONS } from '../../projection/index.ts'
import type { Queries } from '../open-queries.ts'
import { smallLedger, type SmallLedger } from '../testing/small-ledger.ts'

const EVENTS = fileURLToPath(
  new URL('../../../../../fixtures/events-v1/00000000000000000001.jsonl', import.meta.url),
)
const EVENT_COUNT = 64

interface Told {
  data: { session: string }
}

let ledger: SmallLedger
let queries: Queries
beforeEach(async () => {
  ledger = smallLedger()
  copyFileSync(EVENTS, join(ledger.dir, 'ledger/events/00000000000000000001.jsonl'))
  queries = await ledger.queries()
})
afterEach(() => ledger.remove())

const sessionsRow = async () => {
  const answer = await queries.run('projections', {})
  return 'rows' in answer ? answer.rows.find(({ name }) => name === 'sessions') : undefined
}

describe('projections', () => {
  it('says how far each is, and after a question that it has seen all, with the proof', async () => {
    expect(await sessionsRow()).toMatchObject({
      state: 'absent',
      seen: 0,
      behind: EVENT_COUNT,
      bytes: 0,
      rebuilding: null,
    })
    await queries.run('sessions', {})
    const row = await sessionsRow()
    expect(row).toMatchObject({ state: 'current', seen: EVENT_COUNT, behind: 0, position: EVENT_COUNT })
    expect(row!.digest).toMatch(/^[0-9a-f]{64}$/)
    expect(row!.bytes).toBeGreaterThan(0)
  })
})

describe('rebuild', () => {
  const rebuilt = { name: 'sessions', items: EVENT_COUNT, compared: null, differing: null }

  it('rebuilds all there are', async () => {
    const names = (await queries.run('projections', {})) as { rows: { name: string }[] }
    const answer = (await queries.run('rebuild', {})) as { ok: boolean; rows: { name: string }[] }
    expect(answer.ok).toBe(true)
    expect(answer.rows.map(({ name }) => name)).toEqual(names.rows.map(({ name }) => name))
    expect(answer.rows).toContainEqual(expect.objectContaining(rebuilt))
  })

  it('rebuilds once what is named by itself, or by what it answers', async () => {
    for (const name of [['sessions'], ['sessions', 'agents']])
      expect(await queries.run('rebuild', { name })).toMatchObject({ ok: true, rows: [rebuilt] })
  })

  it('checks what is kept against the ledger', async () => {
    const answer = await queries.run('rebuild', { name: 'sessions', check: true })
    expect(answer).toMatchObject({ ok: true, rows: [{ differing: [] }] })
    expect('rows' in answer && answer.rows[0]!.compared).toBeGreaterThan(5)
  })

  it('answers an unknown name with the known ones', async () => {
    expect(await queries.run('rebuild', { name: 'sesions' })).toMatchObject({
      refused: 'UNKNOWN_PROJECTION',
      near: expect.arrayContaining(['sessions', 'cost']) as string[],
    })
  })
})

describe('agents', () => {
  it('adds up the sessions of each agent and version', async () => {
    const { rows } = (await queries.run('agents', {})) as { rows: { agent: string }[] }
    const sessions = (await queries.run('sessions', {})) as { rows: { agent: string; modelCalls: number }[] }
    expect(rows.map(({ agent }) => agent).toSorted()).toEqual(
      sessions.rows.map(({ agent }) => agent).toSorted(),
    )
    for (const { agent, modelCalls } of sessions.rows)
      expect(rows.find((row) => row.agent === agent)).toMatchObject({ sessions: 1, modelCalls })
  })
})

describe('cost', () => {
  it('comes to the same however it is divided', async () => {
    const sessions = (await queries.run('sessions', {})) as { rows: { modelCalls: number }[] }
    const modelCalls = sessions.rows.reduce((sum, row) => sum + row.modelCalls, 0)
    for (const by of COST_DIMENSIONS) {
      const answer = await queries.run('cost', { by })
      if ('refused' in answer) throw new Error(answer.message)
      expect(answer.total).toMatchObject({ sessions: sessions.rows.length, modelCalls })
      expect(answer.rows.reduce((sum, row) => sum + row.modelCalls, 0)).toBe(modelCalls)
    }
  })

  it('follows the task and branch that `run` told, over sessions, retries and agents', async () => {
    const lines = readFileSync(EVENTS, 'utf8').trimEnd().split('\n')
    const [first, second] = [
      ...new Set(lines.slice(1).map((line) => (JSON.parse(line) as Told).data.session)),
    ]
    const tied = lines.map((line) => {
      const event = JSON.parse(line) as Told
      const task = { [first!]: '12', [second!]: '12' }[event.data?.session]
      return JSON.stringify(task ? { ...event, data: { ...event.data, task, branch: 'fix' } } : event)
    })
    writeFileSync(join(ledger.dir, 'ledger/events/00000000000000000001.jsonl'), `${tied.join('\n')}\n`)
    queries = await ledger.queries()
    const bySession = (await queries.run('cost', { by: 'session' })) as {
      rows: { key: string; modelCalls: number }[]
    }
    const callsOf = (id: string): number => bySession.rows.find(({ key }) => key === id)?.modelCalls ?? 0
    const { rows } = (await queries.run('cost', { by: 'task' })) as { rows: { key: string }[] }
    expect(rows.map(({ key }) => key).toSorted()).toEqual(['(none)', '12'])
    expect(rows.find(({ key }) => key === '12')).toMatchObject({
      sessions: 2,
      modelCalls: callsOf(first!) + callsOf(second!),
    })
    expect(await queries.run('sessions', {})).toMatchObject({
      rows: expect.arrayContaining([expect.objectContaining({ id: first, task: '12', branch: 'fix' })]),
    })
  })

  it('counts whole days in UTC, both ends included', async () => {
    expect(await costBetween('2026-11-21T23:59', '2026-11-22T00:00')).toMatchObject({
      from: '2026-11-21',
      to: '2026-11-21',
      rows: [{ key: '2026-11-21' }],
    })
    expect(await costBetween('2026-11-22T00:00', '2026-11-23T00:00')).toMatchObject({
      rows: [],
      total: { modelCalls: 0, costUsd: null },
    })
  })
})

const costBetween = async (since: string, until: string) =>
  queries.run('cost', { since: `${since}Z`, until: `${until}Z` })
