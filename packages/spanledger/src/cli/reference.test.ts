import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { commandReference } from './testing/reference.ts'

const documented = readFileSync(new URL('../../../../docs/reference/cli.md', import.meta.url), 'utf8')

it('docs/reference/cli.md tells every command and option as it is', () => {
  const [, generated] = /<!-- commands -->\n\n([\s\S]*?)\n<!-- end of commands -->/.exec(documented) ?? []
  expect(generated).toBe(commandReference())
})
