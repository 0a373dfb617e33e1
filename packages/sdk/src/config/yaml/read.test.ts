import { expect, it } from 'vitest'
import { parse } from 'yaml'
import type { Node } from './node.ts'
import { readSection, readValue } from './read.ts'
import { YamlRefusedError } from './refused.ts'

function plain(node: Node | undefined): unknown {
  if (node === undefined) return undefined
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
}

const refused = (text: string): string => {
  try {
    readSection(text, 'a')
  } catch (error) {
    if (error instanceof YamlRefusedError) return `${error.line}:${error.column} ${error.message}`
  }
  return 'read'
}

/** What a person would write, comments at every place where they may stand. */
const WRITTEN = `# above
---
other: &x   # somebody else's
  - *x
a:   # of a
  # between
  text: plain text, with "quotes" and: colons:no # comment
  quoted: "a # b"   # comment
  single: 'it''s'
  numbers: [1, -2.5, 1e3, 0x1F, .5]   # flow
  "key in quotes": ~
  nothing:   # yet
  map: { on: true, deep: {x: [a, {b: c}]}, url: http://localhost:4318, }
  lines: [
    one,   # first

    two
    ]
  list:   # of maps
  - name: x   # first
    share: 0.5

  -   name: y
  - plain
  -
    name: z
  - [1]
# end`

it('reads what people write, as a whole YAML reader does', () => {
  const text = WRITTEN.replace(' and: colons:no', ' and colons:no')
  expect(plain(readSection(text, 'a').value)).toEqual(parse(text).a)
  expect(plain(readSection(text.replaceAll('\n', '\r\n'), 'a').value)).toEqual(parse(text).a)
  expect(readSection(text, 'a').others).toEqual([{ key: 'other', line: 3, column: 1 }])
})

it.each([
  ['a: b: c', '1:4 this could be read in two ways'],
  ['a:\n  b: &x 1', '2:6 anchors are not read'],
  ['a:\n  b: |\n    text', '2:6 text of several lines is not read'],
  ['a:\n  b: one\n    two', '3:5 this stands further right than its neighbours'],
  ['a:\n\tb: 1', '2:1 a tab stands where blanks are needed'],
  ['a: 1\na: 2', '2:1 a is there twice'],
  ['a: {b: 1, b: 2}', '1:11 b is there twice'],
  ['a: [1', '1:6 a comma or ] is needed here'],
  ['a: "x', '1:4 text in quotes must end on its line'],
  ['a: "\\x41"', '1:5 this escape is not read'],
  ['<<: *b', '1:1 a key is needed here'],
  ['a: 1\n---\nb: 2', '2:1 a key is needed here'],
  [`a: ${'['.repeat(40)}`, '1:20 nested deeper than 16'],
  ['a: \u0000', '1:4 a control character stands here'],
])('%j is refused with its place', (text, message) => {
  expect(refused(text)).toBe(message)
})

it('reads one value by itself', () => {
  expect(plain(readValue("[{ name: 'GET *', probability: 0 }]"))).toEqual([{ name: 'GET *', probability: 0 }])
  expect(() => readValue('[1] x')).toThrow(YamlRefusedError)
})
