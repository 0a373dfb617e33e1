import { openHome } from '../ledger/index.ts'
import { openEventStore } from './file-event-store.ts'
import { eventStoreContract } from './testing/event-store-contract.ts'
import { WORLDS } from './testing/worlds.ts'

for (const { name, create } of WORLDS) {
  eventStoreContract(name, async () => {
    const { platform, dir, remove } = await create()
    return {
      remove,
      async open({ readOnly = false, small = false } = {}) {
        const home = await openHome(platform, dir, { readOnly })
        return openEventStore(platform, home, { pollMs: 20, ...(small ? { segmentBytesMax: 2_000 } : {}) })
      },
    }
  })
}
