import { ledger } from '@spanledger/sdk/ledger'
export const otlp = ledger
