export { openEvents } from './open-events.ts'
export type { EventStore } from '@spanledger/sdk/store'
