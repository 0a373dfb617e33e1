import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { commandOf } from '../senders/sender.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = 'node_modules/vitest/vitest.mjs'

/** Before the test runner. */
const ARGUMENTS = {
  'node-22': [],
  'node-24': [],
  'node-26': [],
  deno: ['run', '--allow-all'],
  bun: ['--bun'],
} as const

/** `npm test` runs them on the Node that is there. */
test.for(Object.keys(ARGUMENTS) as (keyof typeof ARGUMENTS)[])(
  'all tests of the SDK, its exporters and instrumentations pass on %s',
  { timeout: 900_000 },
  (runtime, { skip }) => {
    const [program] = commandOf(runtime, skip)
    const { stdout, stderr } = spawnSync(
      program!,
      [...ARGUMENTS[runtime], VITEST, 'run', 'packages/sdk', 'packages/export', 'packages/instrument'],
      { cwd: ROOT, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' }, maxBuffer: 1 << 26 },
    )
    const told = `${stdout}${stderr}`
    const summary = /(\d+) passed, (\d+) failed, \d+ skipped/.exec(told)
    process.stdout.write(`${runtime}: ${summary?.[0] ?? 'did not run'}\n`)
    if (summary?.[2] !== '0') throw new Error(told.slice(-20_000))
    // Fewer would mean that files were not found.
    expect(Number(summary[1])).toBeGreaterThan(TESTS_MIN)
  },
)

const TESTS_MIN = 600
