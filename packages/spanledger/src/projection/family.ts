import type { Observation } from '../agents/index.ts'
import type { SessionState, Told } from './state.ts'

/** What the adapter names a session that has no name but its trace. */
const TRACE_SESSION = 'trace-'

/** What a subagent's session tells of itself is not told of its parent's. */
const OWN = new Set([
  'SessionStarted',
  'SessionPromptSubmitted',
  'SessionCompleted',
  'SessionFailed',
  'SessionTied',
  'SessionUntied',
])

/** Where a session stands among the others, as it is kept: what a `Family` has to learn to know it again. */
export interface Links {
  parent?: string
  /** `<trace> <agent>` of the traces that the session's own spans name. */
  traces?: readonly string[]
  /** Of a session that is named after its trace. */
  agent?: string
}

interface Known {
  has(id: string): boolean
}

/**
 * Sessions that belong together.
 *
 * Subagents: some agents give each a session of its own. Traces: spans without a conversation id make a session of their
 * trace; where another span of that trace names the conversation, they are that conversation's.
 */
export class Family {
  /** `<trace> <agent>` -> the conversations that name it; one, as a rule. */
  readonly #claimants = new Map<string, string | Set<string>>()
  readonly #claims = new Map<string, string[]>()
  /** Sessions named after their trace -> the agent whose they are. */
  readonly #traceAgent = new Map<string, string>()
  #lastClaim: { session: string; trace: string; agent: string } | undefined
  readonly #parent = new Map<string, string>()
  readonly #children = new Map<string, Set<string>>()

  learn(child: string, parent: string | undefined): void {
    if (parent === undefined || parent === child || this.#parent.has(child)) return
    this.#parent.set(child, parent)
    this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(child))
  }

  /** Only spans of the same agent are taken in: an application that an agent started may work in the agent's trace. */
  learnTrace(session: string, { agent, trace }: Pick<Observation, 'agent' | 'trace'>): void {
    // Most events are of the trace that the one before was of: a tenth of the fold went into keys that were there.
    const last = this.#lastClaim
    if (last?.session === session && last.trace === trace && last.agent === agent) return
    if (session.startsWith(TRACE_SESSION)) {
      this.#learnAgent(session, agent)
    } else if (trace !== undefined) {
      this.#lastClaim = { session, trace, agent }
      this.#claim(session, `${trace} ${agent}`)
    }
  }

  /** Of several agents in one trace the first by name, so that the order of arrival does not matter. */
  #learnAgent(session: string, agent: string): void {
    const known = this.#traceAgent.get(session)
    if (known === undefined || agent < known) this.#traceAgent.set(session, agent)
  }

  #claim(session: string, key: string): void {
    const known = this.#claimants.get(key)
    if (known === session || (typeof known === 'object' && known.has(session))) return
    if (known === undefined) this.#claimants.set(key, session)
    else if (typeof known === 'string') this.#claimants.set(key, new Set([known, session]))
    else known.add(session)
    const claims = this.#claims.get(session)
    if (claims) claims.push(key)
    else this.#claims.set(session, [key])
  }

  linksOf(session: string): Links {
    const [parent, traces, agent] = [
      this.#parent.get(session),
      this.#claims.get(session),
      this.#traceAgent.get(session),
    ]
    return {
      ...(parent === undefined ? {} : { parent }),
      ...(traces === undefined ? {} : { traces }),
      ...(agent === undefined ? {} : { agent }),
    }
  }

  /** Ids of the traces that it names, or is named after. */
  tracesOf(session: string): string[] {
    if (this.#traceAgent.has(session)) return [session.slice(TRACE_SESSION.length)]
    return (this.#claims.get(session) ?? []).map((key) => key.slice(0, key.indexOf(' ')))
  }

  learnLinks(session: string, { parent, traces, agent }: Links): void {
    this.learn(session, parent)
    for (const key of traces ?? []) this.#claim(session, key)
    if (agent !== undefined) this.#learnAgent(session, agent)
  }

  /** Whether a session is shown inside of another. */
  inside(session: string, known: Known): boolean {
    const outer = this.#traceAgent.has(session) ? this.#ownerOf(session) : this.#parent.get(session)
    return outer !== undefined && known.has(outer)
  }

  /** Of several conversations in one trace the first by name, so that the order of arrival does not matter. */
  #ownerOf(traceSession: string): string | undefined {
    return namesIn(this.#claimants.get(this.#keyOf(traceSession))).toSorted()[0]
  }

  #keyOf(traceSession: string): string {
    return `${traceSession.slice(TRACE_SESSION.length)} ${this.#traceAgent.get(traceSession)}`
  }

  /** The session, those of its subagents and those named after their traces. */
  parts(session: string): string[] {
    return [session, ...this.below(session)].flatMap((id) => [id, ...this.#innerOf(id)])
  }

  #innerOf(session: string): string[] {
    return this.#traceSessions(session).filter((id) => this.#ownerOf(id) === session)
  }

  /** Sessions named after a trace that this one names too, for the same agent. */
  #traceSessions(session: string): string[] {
    // Most ledgers have none, and this is asked of every session.
    if (this.#traceAgent.size === 0) return []
    return (this.#claims.get(session) ?? [])
      .map((key) => ({ key, id: TRACE_SESSION + key.slice(0, key.indexOf(' ')) }))
      .filter(({ key, id }) => this.#traceAgent.has(id) && this.#keyOf(id) === key)
      .map(({ id }) => id)
  }

  /**
   * Every session that has, or at any time had, a say in what this one looks like: what happens outside of it changes
   * nothing here. Holds parents that tell nothing themselves.
   */
  kin(session: string): string[] {
    const found = new Set([session])
    for (const at of found) {
      const parent = this.#parent.get(at)
      if (parent !== undefined) found.add(parent)
      for (const child of this.#children.get(at) ?? []) found.add(child)
      if (this.#traceAgent.has(at))
        for (const id of namesIn(this.#claimants.get(this.#keyOf(at)))) found.add(id)
      else for (const id of this.#traceSessions(at)) found.add(id)
    }
    return [...found]
  }

  /** The sessions below, nearest first; sessions that name each other as parent end it. */
  below(session: string): string[] {
    const found = new Set<string>()
    const walk = (id: string): void => {
      for (const child of this.#children.get(id) ?? [])
        if (child !== session && !found.has(child)) {
          found.add(child)
          walk(child)
        }
    }
    walk(session)
    return [...found]
  }

  /** A session with what its subagents' sessions told, theirs marked as theirs. */
  whole(state: SessionState, states: ReadonlyMap<string, SessionState>): SessionState {
    const below = this.below(state.id)
    const traces = this.#innerOf(state.id)
    if (below.length === 0 && traces.length === 0) return state
    const told = new Map(state.told)
    for (const id of traces) for (const one of states.get(id)?.told.values() ?? []) told.set(one.id, one)
    for (const child of below)
      for (const one of states.get(child)?.told.values() ?? [])
        if (!OWN.has(one.event)) told.set(one.id, this.#marked(one, child, state.id))
    return { id: state.id, told }
  }

  #marked(one: Told, child: string, root: string): Told {
    if (one.data.agentId !== undefined && one.event !== 'SessionSubagentStarted') return one
    const above = this.#parent.get(child)
    const parent = above === root ? undefined : above
    const data: Observation =
      one.event === 'SessionSubagentStarted'
        ? { ...one.data, parentAgentId: child }
        : { ...one.data, agentId: child, ...(parent === undefined ? {} : { parentAgentId: parent }) }
    // Ids that a model server made up are unique in one session at best.
    if (data.keys) data.keys = data.keys.map((key) => (key.startsWith('span:') ? key : `${child} ${key}`))
    return { ...one, data }
  }
}

const namesIn = (names: string | ReadonlySet<string> | undefined): string[] =>
  names === undefined ? [] : typeof names === 'string' ? [names] : [...names]
