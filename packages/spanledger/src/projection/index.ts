export { addGrowth, changesBetween, type Growth, NO_GROWTH, type SessionChange } from './change.ts'
export { loadPrices } from './load-prices.ts'
export { happenedAt } from './moment.ts'
export { priceTable } from './prices.ts'
export {
  openSessionReadModel,
  type SessionEvents,
  type SessionReadModel,
  type WrittenLines,
} from './read-model.ts'
export { byTime } from './replay.ts'
export type * from './session-view.ts'
export { evolve, initialState } from './state.ts'
export { detailOf } from './view.ts'
export { wordsOf } from './words.ts'
