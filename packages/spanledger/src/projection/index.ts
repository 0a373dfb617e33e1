export { addGrowth, changesBetween, type Growth, NO_GROWTH, type SessionChange } from './change.ts'
export {
  type AgentFigures,
  COST_DIMENSIONS,
  type CostDimension,
  type CostFigures,
  type Days,
} from './figures.ts'
export { loadPrices } from './load-prices.ts'
export { happenedAt } from './moment.ts'
export type { WrittenLines } from './observer.ts'
export { priceTable } from './prices.ts'
export type { OnProgress, Progress, Projection, ProjectionCheck, ProjectionStatus } from './projection.ts'
export { openSessionReadModel, type SessionEvents, type SessionReadModel } from './read-model.ts'
export { byTime } from './replay.ts'
export { latestFirst } from './session-list.ts'
export type * from './session-view.ts'
export { evolve, initialState } from './state.ts'
export { upcast } from './upcast.ts'
export { detailOf } from './view.ts'
export { wordsOf } from './words.ts'
