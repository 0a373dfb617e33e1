import { defineConfig } from 'vitest/config'

/** The SDK as it is published on every runtime; installs them outside of the project. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['tools/runtimes/*.test.ts'],
    reporters: ['verbose', './tools/test-summary.mjs'],
    fileParallelism: false,
    // The first test of a runtime installs it.
    testTimeout: 300_000,
  },
})
