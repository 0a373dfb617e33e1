import { defineConfig } from 'vitest/config'

/** What the SDK exports against backends that are not ours; builds them outside of the project. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['tools/backends/*.test.ts'],
    reporters: ['default', './tools/test-summary.mjs'],
    fileParallelism: false,
    testTimeout: 60_000,
    // The first run builds the collector.
    hookTimeout: 1_200_000,
  },
})
