import { defineConfig } from 'vitest/config'

/** Real agents against the real daemon: minutes, and an installation outside of the project. Not part of `npm test`. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'import', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.agents.test.ts', 'tools/agents/*.agents.test.ts'],
    // One at a time: what an agent sends must not depend on how busy the machine is.
    fileParallelism: false,
    testTimeout: 150_000,
    hookTimeout: 600_000,
  },
})
