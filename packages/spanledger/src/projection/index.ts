export { PricesInvalidError, parsePrices, priceTable, type Price, type PriceOf } from './prices.ts'
export type * from './session-view.ts'
export { evolve, initialState, STREAM_PREFIX, type SessionState } from './state.ts'
export { detailOf, summaryOf, SILENT_AFTER_MS, TREE_NODES_DEFAULT } from './view.ts'
export {
  LIST_LIMIT_DEFAULT,
  openSessionReadModel,
  type ListOptions,
  type SessionAnswer,
  type SessionEvents,
  type SessionList,
  type SessionReadModel,
  type WrittenLines,
} from './read-model.ts'
export { loadPrices } from './load-prices.ts'
