import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import type { NewEvent } from '@spanledger/sdk/model'
import { withDbSpan } from '../utilities/index.ts'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { AGENT_STATES, Agent, decideTransition, recordModelCall, recordToolCall, runAgent } from './index.ts'

const recorded = recordInTests()
let kept: NewEvent[] = []
let isFull = false
beforeEach(() => {
  kept = []
  isFull = false
})
const events = {
  async append(_stream: string, appended: readonly NewEvent[]) {
    if (isFull) throw new Error('disk full')
    kept.push(...appended)
  },
}
const agent = (): Agent => new Agent({ id: 'a1', type: 'story_developer', session: 's1', events })
const told = (): unknown[] => kept.map(({ event, data }) => [event, (data as { to: string }).to])

describe('an agent', () => {
  it('is a span with its tools, what they ask, and its model within', async () => {
    await runAgent(agent(), async () => {
      await recordToolCall({ name: 'Bash', id: 't1', arguments: { command: 'npm test' } }, async () => {
        await withDbSpan('get', ['stories', 7], async () => {})
        return { exitCode: 1 }
      })
      await recordModelCall({ provider: 'anthropic', model: 'm-1' }, async (answered) =>
        answered({ id: 'r1', usage: { input: 100, output: 20, cacheRead: 80 }, finishReasons: ['stop'] }),
      )
    })
    expect(tree(recorded.spans)).toMatchObject({
      'invoke_agent story_developer': { 'execute_tool Bash': { 'get stories': {} }, 'chat m-1': {} },
    })
    const attributes = (name: string): object => object(recorded.span(name).attributes)
    expect(attributes('invoke_agent story_developer')).toMatchObject({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.id': 'a1',
      'gen_ai.conversation.id': 's1',
      'spanledger.agent.state': 'completed',
    })
    expect(attributes('execute_tool Bash')).toMatchObject({
      'gen_ai.conversation.id': 's1',
      'gen_ai.tool.call.id': 't1',
      'gen_ai.tool.call.arguments': '{"command":"npm test"}',
      'process.exit.code': 1,
    })
    expect(recorded.span('execute_tool Bash').status).toBe('error')
    expect(attributes('chat m-1')).toMatchObject({
      'gen_ai.usage.input_tokens': 100,
      'gen_ai.usage.cache_read.input_tokens': 80,
      'gen_ai.response.id': 'r1',
    })
    expect(told()).toEqual([
      ['AgentStateChanged', 'initializing'],
      ['AgentStateChanged', 'running'],
      ['AgentStateChanged', 'completed'],
    ])
    expect(await recorded.points('tokens_total')).toMatchObject([
      { model: 'm-1', direction: 'input', value: 100 },
      { direction: 'output', value: 20 },
    ])
    expect(await recorded.points('agent_execution_seconds')).toMatchObject([
      { type: 'story_developer', state: 'completed', count: 1 },
    ])
    expect(await recorded.points('errors_total')).toMatchObject([{ 'error.type': 'exit_code' }])
    const agents = await recorded.points('agents_total')
    expect(Object.fromEntries(agents.map(({ state, value }) => [state, value]))).toEqual({
      created: 0,
      initializing: 0,
      running: 0,
      completed: 1,
    })
  })

  it('ignores an answer that is none', () => {
    const unreadable = {
      get usage(): never {
        throw new Error('no')
      },
    }
    for (const answer of [undefined, null, 'text', { usage: null }, unreadable] as never[])
      expect(
        recordModelCall({ provider: 'p', model: 'm' }, (answered) => {
          answered(answer)
          return 'done'
        }),
      ).toBe('done')
    expect(recorded.spans.map(({ status }) => status)).toEqual(Array(5).fill('unset'))
  })

  it('that throws has failed, and says why', async () => {
    const failing = agent()
    const work = runAgent(failing, () => {
      throw new TypeError('no plan')
    })
    await expect(work).rejects.toThrow('no plan')
    expect(failing.state).toBe('failed')
    expect(kept.at(-1)).toMatchObject({ data: { from: 'running', to: 'failed', reason: 'no plan' } })
    expect(recorded.span('invoke_agent story_developer')).toMatchObject({ status: 'error' })
    expect(await recorded.points('agent_success_rate')).toMatchObject([{ type: 'story_developer', value: 0 }])
    await expect(runAgent(failing, () => {})).rejects.toMatchObject({ code: 'AGENT_STATE' })
  })

  it('that waits stays so, and is taken up again', async () => {
    const waiting = agent()
    await runAgent(waiting, () => waiting.transition('waiting_for_external', 'review'))
    expect(waiting.state).toBe('waiting_for_external')
    await runAgent(waiting, () => {})
    expect(waiting.state).toBe('completed')
  })

  it('is refused what is illegal, and that is recorded', async () => {
    const fresh = agent()
    expect(await fresh.transition('completed')).toMatchObject({
      accepted: false,
      message: 'An agent that is created cannot become completed: it can become initializing, terminated',
    })
    expect(fresh.state).toBe('created')
    expect(told()).toEqual([['AgentTransitionRefused', 'completed']])
    expect(recorded.span('agent_state_transition')).toMatchObject({ status: 'error' })
    expect(await recorded.points('errors_total')).toMatchObject([{ 'error.type': 'illegal_transition' }])
  })

  it('changes in the order it was asked, and not at all when that cannot be kept', async () => {
    const asked = agent()
    const made = await Promise.all(
      ['initializing', 'running', 'completed'].map((to) => asked.transition(to as 'running')),
    )
    expect(made.every(({ accepted }) => accepted)).toBe(true)
    const other = agent()
    isFull = true
    await expect(other.transition('initializing')).rejects.toMatchObject({ code: 'EVENTS_NOT_KEPT' })
    expect(other.state).toBe('created')
    isFull = false
    expect(await other.transition('initializing')).toMatchObject({ accepted: true })
  })

  it('off, is as strict', async () => {
    await shutdown()
    const quiet = agent()
    expect(await runAgent(quiet, () => recordToolCall({ name: 'x' }, () => record('y', () => 3)))).toBe(3)
    expect(await quiet.transition('running')).toMatchObject({ accepted: false })
    expect(told()).toHaveLength(4)
  })
})

it('no sequence of requests leaves the legal ways, and events alone give the state back', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...AGENT_STATES), { maxLength: 20 }), async (asked) => {
      kept = []
      const walking = agent()
      let state = walking.state
      for (const to of asked) {
        const expected = decideTransition(state, to)
        expect(await walking.transition(to)).toEqual(expected)
        if (expected.accepted) state = to
      }
      const changes = kept.filter(({ event }) => event === 'AgentStateChanged')
      expect((changes.at(-1)?.data as { to: string } | undefined)?.to ?? 'created').toBe(walking.state)
      expect(kept).toHaveLength(asked.length)
      expect(new Set(kept.map(({ id }) => id)).size).toBe(asked.length)
    }),
    { numRuns: 50 },
  )
})
