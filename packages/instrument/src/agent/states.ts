/** What an agent can come to from each state. Nothing follows the last three. */
const TRANSITIONS = {
  created: ['initializing', 'terminated'],
  initializing: ['running', 'failed', 'terminated'],
  running: ['waiting_for_input', 'waiting_for_external', 'paused', 'completed', 'failed', 'terminated'],
  waiting_for_input: ['running', 'paused', 'failed', 'terminated'],
  waiting_for_external: ['running', 'paused', 'failed', 'terminated'],
  paused: ['running', 'terminated'],
  completed: [],
  failed: [],
  terminated: [],
} as const

export type AgentState = keyof typeof TRANSITIONS
export const AGENT_STATES = Object.keys(TRANSITIONS) as readonly AgentState[]

/** A transition that was made, or refused with its reason. */
export type Transition =
  | { readonly accepted: true; readonly from: AgentState; readonly to: AgentState }
  | { readonly accepted: false; readonly from: AgentState; readonly to: AgentState; readonly message: string }

/** Pure: whether an agent may go from one state to the other. */
export function decideTransition(from: AgentState, to: AgentState): Transition {
  const legal: readonly AgentState[] = TRANSITIONS[from]
  if (legal.includes(to)) return { accepted: true, from, to }
  const next = legal.length === 0 ? `${from} is final` : `it can become ${legal.join(', ')}`
  return { accepted: false, from, to, message: `An agent that is ${from} cannot become ${to}: ${next}` }
}

export const isFinal = (state: AgentState): boolean => TRANSITIONS[state].length === 0
