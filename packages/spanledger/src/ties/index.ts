export { targetOf, tieByHand } from './decide.ts'
export { factsOf } from './facts.ts'
export { type Tied, Tying } from './tying.ts'
