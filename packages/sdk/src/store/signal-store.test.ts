import { openSignalStore } from './file-signal-store.ts'
import { signalStoreContract } from './testing/signal-store-contract.ts'
import { WORLDS } from './testing/worlds.ts'

for (const { name, create } of WORLDS) signalStoreContract(name, create, openSignalStore)
