import type { Attributes } from '@spanledger/sdk/record'
import { appendEvent } from '../event-sink.ts'
import type { EventSink } from '../event-sink.ts'
import { runOperation } from '../operation.ts'
import { agentTelemetry, countEnd } from './agent-telemetry.ts'
import { decideTransition, isFinal } from './states.ts'
import type { AgentState, Transition } from './states.ts'

export interface AgentOptions {
  /** Unique; the stream of its events is `agent-{id}`. */
  readonly id: string
  /** `story_developer`, `code_reviewer`. */
  readonly type: string
  /** `gen_ai.agent.name`; the type by default. */
  readonly name?: string
  /** `gen_ai.conversation.id`: the session the agent works in; its own id by default. */
  readonly session?: string
  /** Who started it. */
  readonly parentAgentId?: string
  /** Gets what becomes of it. */
  readonly events?: EventSink
  /** Where it stands already, for one that is taken up again. */
  readonly state?: AgentState
  /** How many transitions were told of it already, refused ones included. */
  readonly version?: number
}

/**
 * An agent and the state it is in. Only legal transitions are made, one after the other; each is kept as an event before it
 * counts.
 */
export class Agent {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly session: string
  readonly #events: EventSink | undefined
  readonly #parentAgentId: string | undefined
  #state: AgentState
  #told: number
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: AgentOptions) {
    this.id = options.id
    this.type = options.type
    this.name = options.name ?? options.type
    this.session = options.session ?? options.id
    this.#events = options.events
    this.#parentAgentId = options.parentAgentId
    this.#state = options.state ?? 'created'
    this.#told = options.version ?? 0
    agentTelemetry()?.agents.add(1, { type: this.type, state: this.#state })
  }

  get state(): AgentState {
    return this.#state
  }

  /** What spans of its work have in common. */
  get attributes(): Attributes {
    return {
      'gen_ai.agent.id': this.id,
      'gen_ai.agent.name': this.name,
      'gen_ai.conversation.id': this.session,
      'spanledger.agent.type': this.type,
      'spanledger.agent.parent.id': this.#parentAgentId,
    }
  }

  /**
   * Asks for another state. A refusal is a value, and is recorded too.
   *
   * Order   asked at once, they are made in the order asked for.
   * Errors  EventsNotKeptError; the state is then as before.
   */
  transition(to: AgentState, reason?: string): Promise<Transition> {
    const made = this.#last.then(() => this.#transition(to, reason))
    this.#last = made.catch(() => {})
    return made
  }

  async #transition(to: AgentState, reason: string | undefined): Promise<Transition> {
    const transition = decideTransition(this.#state, to)
    const telemetry = agentTelemetry()
    const keep = async (): Promise<Transition> => {
      const { accepted, from } = transition
      await appendEvent(
        this.#events,
        `agent-${this.id}`,
        accepted ? 'AgentStateChanged' : 'AgentTransitionRefused',
        String(this.#told),
        {
          type: this.type,
          session: this.session,
          parentAgentId: this.#parentAgentId,
          reason,
          from,
          to,
          ...(!accepted && { message: transition.message }),
        },
      )
      this.#told++
      if (accepted) this.#state = to
      return transition
    }
    if (telemetry === undefined) return keep()
    return runOperation<Promise<Transition>>(
      telemetry,
      {
        name: 'agent_state_transition',
        attributes: {
          ...this.attributes,
          'spanledger.agent.state.from': transition.from,
          'spanledger.agent.state.to': to,
          'spanledger.agent.transition.reason': reason,
          'spanledger.agent.transition.accepted': transition.accepted,
        },
        done: (span, { errorType }) => {
          if (errorType !== undefined) return
          if (!transition.accepted) {
            span.setStatus('error', transition.message).setAttribute('error.type', 'illegal_transition')
            telemetry.errors.add(1, { type: this.type, 'error.type': 'illegal_transition' })
            return
          }
          telemetry.agents.add(-1, { type: this.type, state: transition.from })
          telemetry.agents.add(1, { type: this.type, state: to })
          if (isFinal(to)) countEnd(this.type, to === 'completed')
        },
      },
      keep,
    )
  }
}

/**
 * Runs an agent: it is initializing, then running while `fn` works, then completed, or failed when `fn` throws, which is thrown
 * on. One that waits or is paused when `fn` returns stays so, and may be taken up again. What it does lies within its span.
 *
 * Errors  EventsNotKeptError; AgentStateError when it cannot run from the state it is in; what `fn` throws.
 */
export async function runAgent<T>(agent: Agent, fn: (agent: Agent) => T | Promise<T>): Promise<T> {
  const work = async (): Promise<T> => {
    if (agent.state === 'created') await agent.transition('initializing')
    const begun = await agent.transition('running')
    if (!begun.accepted) throw new AgentStateError(begun.message)
    let value: T
    try {
      value = await fn(agent)
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (!isFinal(agent.state))
        await agent.transition(agent.state === 'paused' ? 'terminated' : 'failed', reason)
      throw error
    }
    if (agent.state === 'running') await agent.transition('completed')
    return value
  }
  const telemetry = agentTelemetry()
  if (telemetry === undefined) return work()
  return runOperation<Promise<T>>(
    telemetry,
    {
      name: `invoke_agent ${agent.name}`,
      attributes: { 'gen_ai.operation.name': 'invoke_agent', ...agent.attributes },
      done(span, { seconds, errorType }) {
        span.setAttribute('spanledger.agent.state', agent.state)
        telemetry.execution.record(seconds, { type: agent.type, state: agent.state })
        if (errorType !== undefined) telemetry.errors.add(1, { type: agent.type, 'error.type': errorType })
      },
    },
    () => telemetry.context.run(telemetry.context.active().setValue(AGENT, agent), work),
  )
}

/** What the agent that runs here tells of itself; empty outside of `runAgent`. */
export function agentAttributes(): Attributes {
  const agent = agentTelemetry()?.context.active().getValue(AGENT)
  return agent instanceof Agent ? agent.attributes : {}
}

const AGENT = Symbol('spanledger agent')

/** An agent was to run that cannot: it has ended, or runs already. Make a new one, or wait for it. */
export class AgentStateError extends Error {
  readonly code = 'AGENT_STATE'

  constructor(message: string) {
    super(message)
    this.name = 'AgentStateError'
  }
}
