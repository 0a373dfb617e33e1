import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Draft } from '../events.ts'
import { DEFAULT_POLICIES, type Policies } from '../policies.ts'
import { isHeld } from '../state.ts'
import { WorkState } from '../work-state.ts'
import { streamOf } from '../task-id.ts'
import { STATUSES } from '../words.ts'
import { cycleThrough } from './cycle.ts'
import { type Command, decide } from './decide.ts'
import type { Decision } from './decision.ts'

const MINUTE = 60_000_000_000n
const POLICIES: Policies = { ...DEFAULT_POLICIES, teams: { web: { wipLimit: 2 } }, storyPointsMax: 5 }
const NAMES = ['One', 'Two', 'Three', 'Four']

/** given(...).when(...): a state without disk or ledger, folded from what was decided. */
class Given {
  readonly state = new WorkState()
  nowNano = 1_000_000_000_000_000_000n
  readonly #versions = new Map<string, number>()

  when(agent: string, command: Command): Decision {
    const moment = { state: this.state, policies: POLICIES, nowNano: this.nowNano, by: { agent }, random: 0 }
    const decision = decide(moment, command)
    for (const draft of decision.drafts) this.#take(decision, draft)
    return decision
  }

  #take({ task }: Decision, draft: Draft): void {
    const known = this.state.tasks.has(task) || draft.event === 'TaskCreated'
    const stream = known ? streamOf(task) : 'team-web'
    const version = (this.#versions.get(stream) ?? 0) + 1
    this.#versions.set(stream, version)
    const position = this.state.position + 1
    const event = { ...draft, id: String(position), stream, version, position, time: String(this.nowNano) }
    this.state.take(event as RecordedEvent)
  }

  id(title: string): string {
    return [...this.state.present()].find((task) => task.title === title)?.id ?? 'none'
  }
}

const claim = (title: string, fields = {}): Command => ({
  do: 'claim',
  type: 'bug',
  title,
  team: 'web',
  fields,
})
const told = ({ drafts }: Decision): string[] => drafts.map(({ event }) => event)

function commandOf(given: Given, what: string, title: string, on: string): Command {
  const id = given.id(title)
  switch (what) {
    case 'claim':
      return claim(title)
    case 'depend':
      return { do: 'update', id, fields: { depends_on: [given.id(on)] }, sections: {}, append: {} }
    case 'progress':
      return { do: 'progress', id, progress: 50 }
    case 'done':
    case 'failed':
      return { do: 'complete', id, outcome: what }
    case 'release':
    case 'delete':
      return { do: what, id }
    default:
      return { do: 'status', id, to: what as (typeof STATUSES)[number] }
  }
}

describe('deciding', () => {
  it('a claim, its end, and a claim that ran out', () => {
    const given = new Given()
    expect(told(given.when('a', claim('One')))).toEqual(['TaskCreated', 'TaskStatusChanged', 'TaskClaimed'])
    const id = given.id('One')
    given.nowNano += 31n * MINUTE
    expect(told(given.when('b', { do: 'claim', id }))).toEqual(['TaskClaimExpired', 'TaskClaimed'])
    expect(told(given.when('b', { do: 'complete', id, outcome: 'failed' }))).toEqual([
      'TaskCompleted',
      'TaskStatusChanged',
    ])
    expect(given.state.find(id)).toMatchObject({ status: 'todo', claim: undefined })
  })

  const agent = fc.constantFrom('a', 'b', 'c')
  const name = fc.constantFrom(...NAMES)
  const step = fc.oneof(
    fc.record({ what: fc.constant('claim' as const), agent, name, on: name }),
    fc.record({ what: fc.constant('depend' as const), agent, name, on: name }),
    fc.record({
      what: fc.constantFrom('progress', 'done', 'failed', 'release', 'delete'),
      agent,
      name,
      on: name,
    }),
    fc.record({ what: fc.constantFrom(...STATUSES), agent, name, on: name }),
  )

  it('whatever is asked: limits hold, nothing waits for itself, a refusal changes nothing, no time is negative', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 20 })), { maxLength: 60 }), (steps) => {
        const given = new Given()
        for (const [{ what, agent: by, name: title, on }, minutes] of steps) {
          given.nowNano += BigInt(minutes) * MINUTE
          const before = new Map(
            [...given.state.tasks].map(([id, task]) => [id, { ...task, version: 0, lastEvent: '' }]),
          )
          const { refused } = given.when(by, commandOf(given, what, title, on))
          const after = new Map(
            [...given.state.tasks].map(([id, task]) => [id, { ...task, version: 0, lastEvent: '' }]),
          )
          if (refused !== undefined && !isSame(before, after))
            throw new Error(`${refused.code} changed something`)
          expect([...given.state.holding(given.nowNano)].length).toBeLessThanOrEqual(2)
          for (const task of given.state.present()) {
            expect(cycleThrough(given.state, task.id, task.fields)).toBeUndefined()
            const isAtWork = task.status === 'in_progress' || task.status === 'blocked'
            expect(isHeld(task, given.nowNano) && !isAtWork).toBe(false)
          }
        }
        for (const { cycleNano, leadNano } of given.state.ended)
          expect(cycleNano >= 0n && leadNano >= cycleNano).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

const isSame = (a: unknown, b: unknown): boolean => {
  expect(a).toEqual(b)
  return true
}
