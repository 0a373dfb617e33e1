import { defineConfig } from 'vitest/config'

/** OpenTelemetry SDKs that are not ours against the built program; installs them outside of the project. Not part of `npm test`. */
export default defineConfig({
  test: {
    include: ['tools/senders/*.test.ts'],
    reporters: ['default', './tools/test-summary.mjs'],
    // The first test of a toolchain installs it; the daemon and what it is sent share the machine.
    fileParallelism: false,
    testTimeout: 300_000,
  },
})
