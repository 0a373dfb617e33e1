import type { Observation } from '../agents/index.ts'
import type { SessionState, Told } from './state.ts'

/** What the adapter names a session that has no name but its trace. */
const TRACE_SESSION = 'trace-'

/** What a subagent's session tells of itself is not told of its parent's. */
const OWN = new Set(['SessionStarted', 'SessionPromptSubmitted', 'SessionCompleted', 'SessionFailed'])

/**
 * Sessions that belong together.
 *
 * Subagents: some agents give each a session of its own. Traces: spans without a conversation id make a session of their
 * trace; where another span of that trace names the conversation, they are that conversation's.
 */
export class Family {
  readonly #ofTrace = new Map<string, string>()
  readonly #traces = new Map<string, Set<string>>()
  readonly #parent = new Map<string, string>()
  readonly #children = new Map<string, Set<string>>()

  learn(child: string, parent: string | undefined): void {
    if (parent === undefined || parent === child || this.#parent.has(child)) return
    this.#parent.set(child, parent)
    this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(child))
  }

  /**
   * Only spans of the same agent are taken in: an application that an agent started may work in the agent's trace.
   * Of several conversations in one trace the first by name, so that the order of arrival does not matter.
   */
  learnTrace(session: string, { agent, trace }: Observation): void {
    if (trace === undefined || session.startsWith(TRACE_SESSION)) return
    const key = `${trace} ${agent}`
    const known = this.#ofTrace.get(key)
    if (known !== undefined && known <= session) return
    if (known !== undefined) this.#traces.get(known)?.delete(trace)
    this.#ofTrace.set(key, session)
    this.#traces.set(session, (this.#traces.get(session) ?? new Set()).add(trace))
  }

  /** Whether a session is shown inside of another. */
  inside(session: string, states: ReadonlyMap<string, SessionState>): boolean {
    const outer = session.startsWith(TRACE_SESSION)
      ? this.#ownerOf(session, states)
      : this.#parent.get(session)
    return outer !== undefined && states.has(outer)
  }

  #ownerOf(traceSession: string, states: ReadonlyMap<string, SessionState>): string | undefined {
    const [first] = states.get(traceSession)?.told.values() ?? []
    return first && this.#ofTrace.get(`${traceSession.slice(TRACE_SESSION.length)} ${first.data.agent}`)
  }

  /** What a session's size is made of: grows whenever any part of it does. */
  size(session: string, states: ReadonlyMap<string, SessionState>): number {
    return this.parts(session, states).reduce((sum, id) => sum + (states.get(id)?.told.size ?? 0), 0)
  }

  /** The session, those of its subagents and those named after their traces. */
  parts(session: string, states: ReadonlyMap<string, SessionState>): string[] {
    return [session, ...this.below(session)].flatMap((id) => [id, ...this.#tracesOf(id, states)])
  }

  #tracesOf(session: string, states: ReadonlyMap<string, SessionState>): string[] {
    return [...(this.#traces.get(session) ?? [])]
      .map((trace) => TRACE_SESSION + trace)
      .filter((id) => states.has(id))
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
    const traces = this.#tracesOf(state.id, states)
    if (below.length === 0 && traces.length === 0) return state
    const told = new Map(state.told)
    for (const id of traces) for (const one of states.get(id)!.told.values()) told.set(one.id, one)
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
