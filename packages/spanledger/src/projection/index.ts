export { type Budget, BUDGET_OF, BUDGET_PERIODS, forecastOf, type Spent, spentOf } from './budget.ts'
export { addGrowth, changesBetween, type Growth, NO_GROWTH, type SessionChange } from './change.ts'
export { COST_DIMENSIONS, type CostDimension, type CostFigures, costOf, type Ties } from './cost.ts'
export type { AgentFigures } from './figures.ts'
export type { EventProjection, EventProjectionKind } from './event-projection.ts'
export { Follower } from './follower.ts'
export type { Forecast } from './forecast.ts'
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
export { openOutcomes, type OutcomesModel } from './open-outcomes.ts'
export type { Attempt, CommitTie, Outcomes, PullRequestTie, RunOutcome } from './outcomes.ts'
export type { WrittenLines } from './observer.ts'
export { type PriceOf, priceTable } from './prices.ts'
export type { Projection, ProjectionStatus } from './projection.ts'
export type { SessionFigures } from './session-projection.ts'
export { checkedText, linesIn } from './checked-text.ts'
export { openSessionReadModel, type SessionEvents, type SessionReadModel } from './read-model.ts'
export type { Reconciliation } from './reconcile.ts'
export { byTime } from './replay.ts'
export { asOf, latestFirst } from './session-list.ts'
export type * from './session-view.ts'
export { evolve, initialState, STREAM_PREFIX } from './state.ts'
export { RUN_SOURCE } from './things.ts'
export type { Tie, TieField } from './tied.ts'
export { upcast } from './upcast.ts'
export { detailOf } from './view.ts'
export { wordsOf } from './words.ts'
