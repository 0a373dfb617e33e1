import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))

let dir: string
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'spanledger-main-'))))
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** Its exit code, where nobody reads its errors. */
function runUnheard(...words: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [PROGRAM, ...words, '--home', dir], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  child.stderr.destroy()
  return new Promise((resolve) => child.once('exit', resolve))
}

it('ends as it would, where the reader of its errors went away', async () => {
  // The home is not there, and the question is wrong.
  expect(await runUnheard('traces', '--since', 'noon')).toBe(3)
  expect(await runUnheard('nonsense')).toBe(2)
})
