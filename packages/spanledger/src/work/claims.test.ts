import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Command } from './decide/decide.ts'
import { workStats } from './stats.ts'
import type { Task } from './state.ts'
import { workWorld, type WorkWorld } from './testing/worlds.ts'
import type { Ran } from './work.ts'

let world: WorkWorld
let ada: (command: Command) => Promise<Ran>
let bob: (command: Command) => Promise<Ran>
beforeEach(async () => {
  world = await workWorld()
  ;[ada, bob] = [world.as('ada'), world.as('bob')]
})
afterEach(() => world.remove())

const work = (title: string, more: { team?: string; fields?: object } = {}): Command =>
  ({ do: 'claim', type: 'bug', title, fields: {}, ...more }) as Command
const outcome = async (ran: Promise<Ran>): Promise<string> => {
  const result = await ran
  return 'refused' in result ? result.refused.code : result.task.status
}
async function done(ran: Promise<Ran>): Promise<Task> {
  const result = await ran
  if ('refused' in result) throw new Error(`${result.refused.code}: ${result.refused.message}`)
  return result.task
}
const types = async (): Promise<string[]> => (await world.events()).map(({ event }) => event)
const MINUTE = 60_000

const points = (n: number): { team: string; fields: object } => ({
  team: 'web',
  fields: { story_points: n },
})

describe('a claim', () => {
  it('of the same type and title is of the same work: one wins', async () => {
    const results = await Promise.all([ada(work('One')), bob(work('One'))].map(outcome))
    expect(results.toSorted()).toEqual(['ALREADY_CLAIMED', 'in_progress'])
    // Again by the one that has it: still there.
    const [event] = await world.events()
    expect(event!.event).toBe('TaskCreated')
    const id = event!.stream.slice('task-'.length)
    const holder = (await world.work.known()).find(id)!.claim!.agent
    const again = await world.as(holder)(work('One'))
    expect(again).toMatchObject({ events: [{ event: 'TaskProgressed' }] })
    // Once it is done, the same title is new work.
    await done(world.as(holder)({ do: 'complete', id, outcome: 'done', score: 0.5 }))
    expect((await done(bob(work('One')))).id).toBe(`${id}-2`)
  })

  it('runs out without a word, and may be renewed until then', async () => {
    const { id } = await done(ada(work('One')))
    world.pass(29 * MINUTE)
    await done(ada({ do: 'progress', id, progress: 40 }))
    world.pass(29 * MINUTE)
    expect(await outcome(bob(work('One')))).toBe('ALREADY_CLAIMED')
    world.pass(2 * MINUTE)
    expect(await outcome(ada({ do: 'progress', id, progress: 50 }))).toBe('LEASE_EXPIRED')
    expect(await outcome(ada({ do: 'complete', id, outcome: 'done' }))).toBe('LEASE_EXPIRED')
    await done(bob(work('One')))
    expect(await outcome(ada({ do: 'complete', id, outcome: 'done' }))).toBe('NOT_YOURS')
    expect((await types()).filter((type) => type.includes('Claim'))).toEqual([
      'TaskClaimed',
      'TaskClaimExpired',
      'TaskClaimed',
    ])
  })

  it('that ran out is given back by whoever looks', async () => {
    const { id } = await done(ada(work('One')))
    expect(await world.work.expire()).toEqual([])
    world.pass(31 * MINUTE)
    expect(world.work.hasExpired()).toBe(true)
    expect((await world.work.expire()).map(({ event }) => event)).toEqual([
      'TaskClaimExpired',
      'TaskStatusChanged',
    ])
    expect((await world.work.known()).find(id)).toMatchObject({ status: 'todo', claim: undefined })
    expect(world.work.hasExpired()).toBe(false)
  })

  it('obeys limits of team, agent and size, and who may claim; refusals are recorded', async () => {
    await world.work.configureTeam('web', { wipLimit: 2 })
    await done(ada(work('One', { team: 'web' })))
    const { id } = await done(bob(work('Two', { team: 'web' })))
    expect(await outcome(ada(work('Three', { team: 'web' })))).toBe('WIP_LIMIT')
    expect(await outcome(ada(work('Three', { team: 'other' })))).toBe('in_progress')
    await done(bob({ do: 'release', id }))
    expect(await outcome(ada(work('Four', { team: 'web' })))).toBe('in_progress')
    world.write('policies.yaml', 'agents: [ada]\nstoryPointsMax: 5\n')
    const file = '# Five\n\n---\nstory_points: 8\n---\n'
    world.write('current/five-11A.task.md', file)
    expect(await outcome(ada({ do: 'claim', id: 'five-11A' }))).toBe('STORY_POINTS')
    expect(await outcome(bob({ do: 'claim', id: 'five-11A' }))).toBe('UNKNOWN_AGENT')
    expect(world.read('current/five-11A.task.md')).toBe(file)
    const refusals = (await world.events()).filter(({ event }) => event === 'TaskChangeRefused')
    expect(refusals.map(({ stream, data }) => [stream, (data as { code: string }).code])).toEqual([
      ['team-web', 'WIP_LIMIT'],
      ['task-five-11A', 'STORY_POINTS'],
      ['task-five-11A', 'UNKNOWN_AGENT'],
    ])
  })

  it("counts the story points of a team's work against its capacity", async () => {
    await world.work.configureTeam('web', { capacity: 5 })
    const { id } = await done(ada(work('One', points(3))))
    expect(await outcome(bob(work('Two', points(3))))).toBe('CAPACITY')
    // Smaller work fits, so does work that nobody estimated, and another team's.
    expect(await outcome(bob(work('Three', points(2))))).toBe('in_progress')
    expect(await outcome(bob(work('Four', { team: 'web' })))).toBe('in_progress')
    expect(await outcome(bob(work('Five', { ...points(8), team: 'other' })))).toBe('in_progress')
    await done(ada({ do: 'complete', id, outcome: 'done' }))
    expect(await outcome(bob(work('Two', points(3))))).toBe('in_progress')
    const refusals = (await world.events()).filter(({ event }) => event === 'TaskChangeRefused')
    expect(refusals).toMatchObject([{ stream: 'team-web', data: { code: 'CAPACITY', team: 'web' } }])
  })

  it('limits that cannot be read stop claims, with the place', async () => {
    world.write('policies.yaml', 'wipLimit: many\n')
    world.write('current/one-11A.task.md', '# One\n')
    await expect(ada({ do: 'claim', id: 'one-11A' })).rejects.toMatchObject({
      code: 'POLICIES_INVALID',
      message: expect.stringContaining('wipLimit: expected number'),
    })
  })

  it('waits for dependencies', async () => {
    const first = await done(ada(work('First')))
    const then = work('Then', { fields: { depends_on: [first.id] } })
    expect(await outcome(bob(then))).toBe('BLOCKED')
    await done(ada({ do: 'complete', id: first.id, outcome: 'done' }))
    expect(await outcome(bob(then))).toBe('in_progress')
  })

  it('of a task with a file is written into it', async () => {
    world.write('backlog/one-11A.task.md', '# One\n\n---\nstatus: To Do # so far\nassignee:\n---\n\n## Log\n')
    await done(ada({ do: 'claim', id: 'one-11A', team: 'web' }))
    expect(world.read('backlog/one-11A.task.md')).toBeUndefined()
    expect(world.read('current/one-11A.task.md')).toBe(
      '# One\n\n---\nstatus: In Progress # so far\nassignee: ada\n---\n\n## Log\n',
    )
    await done(ada({ do: 'complete', id: 'one-11A', outcome: 'reviewing' }))
    expect(world.read('current/one-11A.task.md')).toContain('status: Reviewing')
    expect(await outcome(bob({ do: 'claim', id: 'one-11A' }))).toBe('NOT_CLAIMABLE')
    expect(await world.work.look()).toMatchObject({ unrecorded: 0 })
  })

  it('is handed on: the work of both is one lineage', async () => {
    const first = await ada(work('One'))
    if ('refused' in first) throw new Error(first.refused.code)
    const next = await world.work.run(work('Two'), { agent: 'bob', carrier: first.carrier })
    if ('refused' in next) throw new Error(next.refused.code)
    const events = await world.events()
    expect(new Set(events.map(({ meta }) => meta!.correlationId)).size).toBe(1)
    expect(new Set(events.map(({ meta }) => meta!.traceId)).size).toBe(1)
    const created = events.find(({ stream }) => stream === `task-${next.task.id}`)!
    expect(created.meta).toMatchObject({ causationId: first.events.at(-1)!.id })
    expect(next.carrier.traceparent.slice(3, 35)).toBe(first.carrier.traceparent.slice(3, 35))
  })

  it('ends in figures', async () => {
    const start = await done(ada(work('One', points(3))))
    world.pass(60 * MINUTE)
    await ada({ do: 'progress', id: start.id })
    await ada(work('One', points(3)))
    world.pass(1)
    const claimed = await done(ada(work('One', points(3))))
    await done(ada({ do: 'complete', id: claimed.id, outcome: 'done', score: 0.8 }))
    const two = await done(ada(work('Two', points(2))))
    await done(ada({ do: 'complete', id: two.id, outcome: 'failed' }))
    // Done without a claim counts too.
    await done(ada({ do: 'status', id: two.id, to: 'done' }))
    const state = await world.work.known()
    const stats = workStats(state, { from: 0n, to: BigInt(Date.now() + 120 * MINUTE) * 1_000_000n })
    expect(stats).toMatchObject({
      tasks: 2,
      byStatus: { done: 2, todo: 0 },
      completed: 2,
      failed: 1,
      successRate: 2 / 3,
      scoreMean: 0.8,
      teams: [{ team: 'web', completed: 2, failed: 1 }],
    })
    expect(stats.cycleHours!.p95).toBeGreaterThanOrEqual(1)
  })
})

describe('several at once', () => {
  it('of one process and of several: each task has one winner, and no limit is overrun', async () => {
    await world.work.configureTeam('web', { wipLimit: 5 })
    const works = [world.work, await world.another(), await world.another()]
    const tries = works.flatMap((one, i) =>
      Array.from({ length: 10 }, (_, n) =>
        one.run(work(`Task ${n}`, { team: 'web' }), { agent: `agent-${i}` }),
      ),
    )
    const results = await Promise.all(tries.map(outcome))
    expect(results.filter((result) => result === 'in_progress')).toHaveLength(5)
    const claims = (await world.events()).filter(({ event }) => event === 'TaskClaimed')
    expect(new Set(claims.map(({ stream }) => stream)).size).toBe(5)
  })

  it('changes of one file lose nothing', async () => {
    world.write('current/one-11A.task.md', '# One\n\n## Log\n')
    const works = [world.work, await world.another()]
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        works[n % 2]!.run(
          { do: 'update', id: 'one-11A', fields: { [`f${n}`]: n }, sections: {}, append: { Log: `- ${n}` } },
          { agent: `agent-${n}` },
        ),
      ),
    )
    const text = world.read('current/one-11A.task.md')!
    for (let n = 0; n < 20; n++) {
      expect(text).toContain(`f${n}: ${n}\n`)
      expect(text).toContain(`- ${n}\n`)
    }
    expect(await world.work.look()).toMatchObject({ unrecorded: 0, findings: [] })
  })
})
