import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { resolveConfig, TABLE } from './index.ts'
import { keyReference } from './testing/reference.ts'

const documented = readFileSync(
  new URL('../../../../docs/reference/configuration.md', import.meta.url),
  'utf8',
)

it('docs/reference/configuration.md tells every key as it is', () => {
  const [, table] = /<!-- keys -->\n\n([\s\S]*?)\n<!-- end of keys -->/.exec(documented) ?? []
  expect(table).toBe(keyReference())
})

it("docs/reference/configuration.md's example is understood, every line of it", () => {
  const [, yaml] = /```yaml\n(telemetry:[\s\S]*?)```/.exec(documented) ?? []
  const { warnings, sources } = resolveConfig({
    env: { SPANLEDGER_HOME: '/home' },
    cwd: '/',
    readFile: (path) => (path === '/home/config.yaml' ? yaml : undefined),
  })
  expect(warnings).toEqual([])
  const set = Object.entries(sources).filter(
    ([path, { kind }]) => kind === 'home' && Object.hasOwn(TABLE, path),
  )
  expect(set.length).toBeGreaterThan(10)
})
