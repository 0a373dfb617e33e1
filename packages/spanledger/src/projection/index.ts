export { loadPrices } from './load-prices.ts'
export { priceTable } from './prices.ts'
export {
  openSessionReadModel,
  type SessionEvents,
  type SessionReadModel,
  type WrittenLines,
} from './read-model.ts'
export type * from './session-view.ts'
export { evolve, initialState } from './state.ts'
export { detailOf } from './view.ts'
