#!/usr/bin/env node
// The program in a checkout: as it is published where that is newer than what tsc wrote, else what tsc wrote.
import { isPackFresh } from './pack-fresh.js'

await import(isPackFresh() ? '../pack/bin/spanledger.js' : '../dist/app/main.js')
