export type { SessionFigures } from './session-projection.ts'
export { addGrowth, changesBetween, type Growth, NO_GROWTH, type SessionChange } from './change.ts'
export type { EventProjection, EventProjectionKind } from './event-projection.ts'
export { Follower } from './follower.ts'
export { type AgentFigures, COST_DIMENSIONS, type CostDimension, type CostFigures } from './figures.ts'
export { loadPrices } from './load-prices.ts'
export {
  type ClearedBecause,
  type ClearedData,
  type Finding,
  FINDING_EVENTS,
  FINDING_KINDS,
  type FindingData,
  type FindingSlot,
  findingTold,
  findingWords,
} from './findings.ts'
export { happenedAt } from './moment.ts'
export type { WrittenLines } from './observer.ts'
export { type PriceOf, priceTable } from './prices.ts'
export type { Projection, ProjectionStatus } from './projection.ts'
export { openSessionReadModel, type SessionEvents, type SessionReadModel } from './read-model.ts'
export { byTime } from './replay.ts'
export { latestFirst } from './session-list.ts'
export type * from './session-view.ts'
export { evolve, initialState, STREAM_PREFIX } from './state.ts'
export { upcast } from './upcast.ts'
export { detailOf } from './view.ts'
export { wordsOf } from './words.ts'
