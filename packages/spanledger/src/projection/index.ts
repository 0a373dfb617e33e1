export { PricesInvalidError, parsePrices, priceTable, type Price, type PriceOf } from './prices.ts'
export type * from './session-view.ts'
export { evolve, initialState, STREAM_PREFIX, type SessionState } from './state.ts'
export { detailOf, summaryOf, SILENT_AFTER_MS, TREE_NODES_DEFAULT } from './view.ts'
