import { defineConfig } from 'vitest/config'

/** Everything that breaks disks, processes and clocks, with many seeds: `npm run test:faults`, FUZZ_SEEDS=N for how many. */
process.env['FUZZ_SEEDS'] ??= '1000'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/sdk/src/**/*.fuzz.test.ts',
      'packages/sdk/src/store/{faults,processes,removed,recorded,strace}.test.ts',
      'packages/sdk/src/ledger/{repair-ledger,retention,seal}.test.ts',
      'packages/spanledger/src/app/{kill,seal,pressure,retention,tend-kill}.test.ts',
    ],
    fileParallelism: false,
    testTimeout: 3_600_000,
    reporters: ['verbose', './tools/test-summary.mjs'],
  },
})
