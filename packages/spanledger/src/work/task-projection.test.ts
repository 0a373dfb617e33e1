import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RecordedEvent } from '@spanledger/sdk/model'
import { eventProjectionContract } from '../projection/testing/event-projection-contract.ts'
import type { Command } from './decide/decide.ts'
import { taskProjectionKind, TaskProjection } from './task-projection.ts'
import { workWorld, type WorkWorld } from './testing/worlds.ts'

const FIXTURE = new URL('../../../../fixtures/events-v1/', import.meta.url)
const linesOf = (name: string): string[] => readFileSync(new URL(name, FIXTURE), 'utf8').trim().split('\n')

/** Every kind of event in its first shape, another's stream between them, and what somebody wrote by hand. */
const story = linesOf('tasks.jsonl').map((text) => JSON.parse(text) as RecordedEvent)

eventProjectionContract('tasks', {
  kind: () => taskProjectionKind,
  story: story.map(({ stream, event, id, time, data }) => ({ stream, events: [{ event, id, time, data }] })),
})

it('folds events of the first shape to what they came to when they were written', async () => {
  expect(await lines(story)).toEqual(linesOf('tasks-answers.jsonl'))
})

let world: WorkWorld
beforeEach(async () => {
  world = await workWorld()
})
afterEach(() => world.remove())

const lines = async (events: readonly RecordedEvent[], from = new TaskProjection()): Promise<string[]> => {
  await from.evolve(events)
  return [...from.lines()]
}

const ids = fc.constantFrom('alpha', 'beta', 'gamma')
const command: fc.Arbitrary<Command> = fc.oneof(
  ids.map((title): Command => ({
    do: 'claim',
    type: 'bug',
    title,
    fields: { story_points: 2 },
    team: 'web',
  })),
  ids.map((id): Command => ({ do: 'claim', id })),
  fc
    .tuple(ids, fc.constantFrom('todo', 'blocked', 'done', 'archived'))
    .map(([id, to]): Command => ({ do: 'status', id, to: to as 'todo' })),
  fc.tuple(ids, fc.nat(100)).map(([id, progress]): Command => ({ do: 'progress', id, progress })),
  ids.map((id): Command => ({ do: 'complete', id, outcome: 'done', score: 0.5 })),
  ids.map((id): Command => ({ do: 'release', id })),
)

it('is the same from its lines at any place and the events behind it, whatever was done', async () => {
  const agents = ['ada', 'bob']
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(command, fc.constantFrom(...agents), fc.nat(20 * 60_000)), { maxLength: 12 }),
      fc.nat(),
      async (done, at) => {
        for (const [one, agent, ms] of done) {
          world.pass(ms)
          const known = await world.work.known()
          const id = 'id' in one ? [...known.tasks.keys()].find((task) => task.startsWith(one.id)) : undefined
          await world.work.run('id' in one ? { ...one, id: id ?? one.id } : one, { agent })
        }
        const events = await world.events()
        const split = at % (events.length + 1)
        const restored = new TaskProjection()
        for (const line of await lines(events.slice(0, split))) restored.restore(line)
        expect(await lines(events.slice(split), restored)).toEqual(await lines(events))
        // The state at the last event, asked for as a past one, is the present one.
        const last = BigInt(events.at(-1)?.time ?? 0)
        const past = await world.work.past({ nanos: last, recorded: false })
        expect(past).toEqual(await world.work.known())
      },
    ),
    { numRuns: 25 },
  )
})

it('is opened from what the process before kept', async () => {
  await world.as('ada')({ do: 'claim', type: 'bug', title: 'One', fields: {} })
  await world.work.close()
  const next = await world.another()
  expect(await next.projection.status()).toMatchObject({ state: 'current', behind: 0 })
  expect([...(await next.known()).present()].map(({ title }) => title)).toEqual(['One'])
})

it('goes on behind what tells nothing in the stream of a task', async () => {
  const ada = world.as('ada')
  const claim: Command = { do: 'claim', type: 'bug', title: 'One', fields: {} }
  const ran = await ada(claim)
  const stream = 'task' in ran ? `task-${ran.task.id}` : ''
  await world.store.append(stream, [{ event: 'Noted', id: 'note', data: null }])
  expect(await ada(claim)).toMatchObject({ events: [{ event: 'TaskProgressed' }] })
})
