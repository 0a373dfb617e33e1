export { steady } from './fingerprint.ts'
export { observe, type Observed } from './observe.ts'
export { isAgentOrigin } from './registry.ts'
export type { Observation, ObservedTokens, SessionEvent, SessionEventName } from './vocabulary.ts'
