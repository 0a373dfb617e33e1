import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const FILES: Record<string, string> = {
  'package.json': '{ "name": "price-list", "type": "module", "private": true }\n',
  'total.js': `export function total(prices) {
  return prices.reduce((sum, price) => sum - price, 0)
}
`,
  'total.test.js': `import assert from 'node:assert/strict'
import test from 'node:test'
import { total } from './total.js'

test('adds the prices', () => assert.equal(total([1, 2, 3]), 6))
`,
}

/** Makes a small git repository with one bug and one failing test. */
export function makeRepository(folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(folder, name), text)
  const git = (...args: string[]): void => void execFileSync('git', args, { cwd: folder, stdio: 'ignore' })
  git('init', '--quiet')
  git('config', 'user.name', 'demo')
  git('config', 'user.email', 'demo@example.invalid')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'Add the price list')
}
