import { defineConfig } from 'vitest/config'

/** Tests run against the sources, so that a failing line is the line in the editor. */
export default defineConfig({
  resolve: { conditions: ['source'] },
  // Without 'import': Node is told these conditions too, and by that one a `require` inside Express finds an ES module.
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts'],
    exclude: ['**/*.agents.test.ts', '**/node_modules/**'],
    reporters: ['default', './tools/test-summary.mjs'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
