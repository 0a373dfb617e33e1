export { observe, type Observed } from './observe.ts'
export { observeHook, type ObservedHook, sessionOfHook } from './observe-hook.ts'
export { isAgentOrigin } from './registry.ts'
export type { Observation, ObservedTokens, SessionEvent, SessionEventName } from './vocabulary.ts'
