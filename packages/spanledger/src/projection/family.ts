import type { Observation } from '../agents/index.ts'
import type { SessionState, Told } from './state.ts'

/** What a subagent's session tells of itself is not told of its parent's. */
const OWN = new Set(['SessionStarted', 'SessionPromptSubmitted', 'SessionCompleted', 'SessionFailed'])

/** Sessions that are subagents of sessions: some agents give each subagent a session of its own. */
export class Family {
  readonly #parent = new Map<string, string>()
  readonly #children = new Map<string, Set<string>>()

  learn(child: string, parent: string | undefined): void {
    if (parent === undefined || parent === child || this.#parent.has(child)) return
    this.#parent.set(child, parent)
    this.#children.set(parent, (this.#children.get(parent) ?? new Set()).add(child))
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

  parentOf(session: string): string | undefined {
    return this.#parent.get(session)
  }

  /** A session with what its subagents' sessions told, theirs marked as theirs. */
  whole(state: SessionState, states: ReadonlyMap<string, SessionState>): SessionState {
    const below = this.below(state.id)
    if (below.length === 0) return state
    const told = new Map(state.told)
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
