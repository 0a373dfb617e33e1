import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const TEST = `import test from 'node:test'
import assert from 'node:assert'
import { sum } from './sum.js'
test('sum', () => assert.equal(sum(1, 2), 3))
`

/** A git repository with a bug, a test that shows it, and one commit. */
export function makeRepository(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n')
  writeFileSync(join(folder, 'sum.js'), 'export const sum = (a, b) => a - b\n')
  writeFileSync(join(folder, 'sum.test.js'), TEST)
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: folder })
  git('init', '-q')
  git('add', '-A')
  git(
    '-c',
    'user.name=nobody',
    '-c',
    'user.email=nobody@example.invalid',
    'commit',
    '-qm',
    'A sum that subtracts',
  )
}
