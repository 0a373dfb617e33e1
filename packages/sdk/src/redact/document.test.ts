import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { contentOfKey } from './content.ts'
import { RULES } from './rules.ts'

const document = readFileSync(new URL('../../../../docs/reference/redaction.md', import.meta.url), 'utf8')

test('the document names every rule', () => {
  const missing = RULES.map((rule) => rule.name).filter((name) => !document.includes(`\`${name}\``))
  expect(missing).toEqual([])
})

test('the document names every content attribute in its class, and no other', () => {
  for (const [, content, keys] of document.matchAll(
    /^\| `(prompts|toolInput|toolOutput|modelOutput)` \| (.*) \|$/gm,
  )) {
    const listed = keys!.split(', ').map((key) => key.replaceAll('`', ''))
    expect(listed.map((key) => [key, contentOfKey(key)])).toEqual(listed.map((key) => [key, content]))
  }
})
