import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Fields, parseTask, sectionTexts, titleOf } from './document.ts'
import { setField, setSection, setTitle } from './edit.ts'
import { renderTask } from './render-task.ts'

const TITLE_FIRST = `# Fix the login

---
type: bug # by hand
status: "🟡 To Do"
tags: [auth, 'web']
depends_on:
  - one-11A
  - two-11B
assignee:
x-custom: {a: 1,   b: 2}
---

Some words above.

## Instruction

Do it.

\`\`\`md
## Not a heading
\`\`\`

## My own section
kept   as it is\t

## Log
`
const FRONT_FIRST = `---\ntitle: Other\nstatus: done\n---\n\n# Fix it\n\n## Log\n\n- one\n`

describe('reading a task', () => {
  it('title first', () => {
    const task = parseTask(TITLE_FIRST)
    expect(task.broken).toBeUndefined()
    expect(titleOf(task)).toBe('Fix the login')
    expect(task.fields).toEqual({
      type: 'bug',
      status: '🟡 To Do',
      tags: ['auth', 'web'],
      depends_on: ['one-11A', 'two-11B'],
      assignee: null,
      'x-custom': { a: 1, b: 2 },
    })
    expect(sectionTexts(task)).toEqual({
      '': 'Some words above.',
      Instruction: 'Do it.\n\n```md\n## Not a heading\n```',
      'My own section': 'kept   as it is',
      Log: '',
    })
  })

  it('front matter first, with CRLF and a byte order mark', () => {
    const task = parseTask(`\ufeff${FRONT_FIRST.replaceAll('\n', '\r\n')}`)
    expect(titleOf(task)).toBe('Fix it')
    expect(task.fields).toEqual({ title: 'Other', status: 'done' })
    expect(sectionTexts(task)).toEqual({ Log: '- one' })
  })

  it('no front matter, no title, nothing at all', () => {
    expect(sectionTexts(parseTask('## Log\nx'))).toEqual({ Log: 'x' })
    expect(titleOf(parseTask(''))).toBeUndefined()
    expect(titleOf(parseTask('---\ntitle: T\n---\n'))).toBe('T')
  })

  it.each([
    ['never closed', '# T\n\n---\nstatus: todo\n', 3],
    ['not YAML', '---\nstatus: todo\ntags: [a\n---\n', 4],
    ['a key twice', '---\na: 1\nb: 2\na: 3\n---\n', 4],
    ['a list', '---\n- a\n---\n', 2],
    ['an alias of nothing', '---\nb: 1\na: *x\n---\n', 2],
  ])('tells the line where front matter is broken: %s', (_, text, line) => {
    expect(parseTask(text).broken).toMatchObject({ line })
    expect(() => setField(text, 'status', 'done')).toThrow(`line ${line}`)
  })

  it('never throws', () => {
    const part = fc.constantFrom(
      '---\n',
      '# T\n',
      '## S\n',
      '```\n',
      'a: b\n',
      '- x\n',
      '\r\n',
      '\ufeff',
      'a: *a\n',
      '& ! %\n',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(part, fc.string())), (parts) => {
        const text = parts.join('')
        expect(parseTask(text).text).toBe(text)
      }),
    )
  })
})

describe('changing a task', () => {
  const changed = (before: string, after: string) => TITLE_FIRST.replace(before, after)

  it.each<[string, (text: string) => string, string]>([
    ['a quoted word', (t) => setField(t, 'status', 'Done'), changed('"🟡 To Do"', '"Done"')],
    ['a word with a comment', (t) => setField(t, 'type', 'chore'), changed('type: bug #', 'type: chore #')],
    ['nothing to something', (t) => setField(t, 'assignee', 'ada'), changed('assignee:', 'assignee: ada')],
    ['a list in brackets', (t) => setField(t, 'tags', ['a b', 'c']), changed("[auth, 'web']", '[a b, c]')],
    [
      'a list in lines',
      (t) => setField(t, 'depends_on', ['x', 'y', 'z']),
      changed('- one-11A\n  - two-11B', '- x\n  - y\n  - z'),
    ],
    [
      'a list in lines to none',
      (t) => setField(t, 'depends_on', []),
      changed('depends_on:\n  - one-11A\n  - two-11B', 'depends_on: []'),
    ],
    [
      'a list in lines away',
      (t) => setField(t, 'depends_on', undefined),
      changed('depends_on:\n  - one-11A\n  - two-11B\n', ''),
    ],
    ['a new field', (t) => setField(t, 'area', 'core: x'), changed('b: 2}\n', 'b: 2}\narea: "core: x"\n')],
    ['a field away', (t) => setField(t, 'type', undefined), changed('type: bug # by hand\n', '')],
    ['the title', (t) => setTitle(t, 'Mend it'), changed('# Fix the login', '# Mend it')],
    [
      'a section',
      (t) => setSection(t, 'My own section', 'other\n\nwords'),
      changed('kept   as it is', 'other\n\nwords'),
    ],
    ['an empty section', (t) => setSection(t, 'Log', '- done'), `${TITLE_FIRST}\n- done\n`],
    ['a new section', (t) => setSection(t, 'Notes', 'n'), `${TITLE_FIRST}\n## Notes\n\nn\n`],
    [
      'a section away',
      (t) => setSection(t, 'My own section', null),
      changed('## My own section\nkept   as it is\t\n\n', ''),
    ],
  ])('changes only %s', (_, edit, expected) => {
    expect(edit(TITLE_FIRST)).toBe(expected)
  })

  it('keeps CRLF', () => {
    const crlf = FRONT_FIRST.replaceAll('\n', '\r\n')
    const text = setSection(setField(crlf, 'area', 'x'), 'New', 'a\nb')
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    expect(text.replaceAll('\r\n', '\n')).toBe(setSection(setField(FRONT_FIRST, 'area', 'x'), 'New', 'a\nb'))
  })

  it('gives front matter and title to a file without', () => {
    expect(setField('# T\nx\n', 'status', 'todo')).toBe('# T\n\n---\nstatus: todo\n---\nx\n')
    expect(setField('x\n', 'status', 'todo')).toBe('---\nstatus: todo\n---\n\nx\n')
    expect(titleOf(parseTask(setTitle('---\na: 1\n---\n', 'T')))).toBe('T')
  })

  // Without the names that are written below: a key that is there twice is broken front matter.
  const word = fc
    .stringMatching(/^[a-z][a-z0-9_-]{0,6}$/)
    .filter((name) => !['title', 'zz', 'zz-list'].includes(name))
  const value: fc.Arbitrary<Fields[string]> = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.oneof(word, fc.string()), { maxLength: 4 }),
  )
  const body = fc
    .array(fc.oneof(word, fc.constantFrom('- [ ] x', '```', '', '  indented', '### sub')), { maxLength: 5 })
    .map((lines) => lines.join('\n').trim())
    // A fence that is left open swallows the sections behind it, as Markdown says.
    .filter((text) => text.split('```').length % 2 === 1)
  const source = fc
    .record({
      fields: fc.dictionary(word, value, { maxKeys: 5 }),
      sections: fc.dictionary(word, body, { maxKeys: 4 }),
      crlf: fc.boolean(),
      blockTags: fc.boolean(),
    })
    .map(({ fields, sections, crlf, blockTags }) => {
      let text = renderTask({ title: 'T', fields, sections })
      if (blockTags)
        text = text
          .replace('\n---\n---\n', '\n---\nzz-list:\n- a\n- b\n---\n')
          .replace('---\n\n##', 'zz: |\n  one\n  two\n---\n\n##')
      return crlf ? text.replaceAll('\n', '\r\n') : text
    })

  it('says what was set, and leaves all else as it was', () => {
    fc.assert(
      fc.property(
        source,
        word,
        fc.option(value, { nil: undefined }),
        word,
        fc.option(body),
        (text, key, given, name, words) => {
          const before = parseTask(text)
          const fields = setField(text, key, given)
          const after = parseTask(fields)
          const { [key]: __, ...rest } = before.fields
          expect(after.broken).toBeUndefined()
          expect(after.fields).toEqual(given === undefined ? rest : { ...rest, [key]: given })
          expect(sectionTexts(after)).toEqual(sectionTexts(before))

          const section = parseTask(setSection(text, name, words))
          const { [name]: ___, ...others } = sectionTexts(before)
          expect(sectionTexts(section)).toEqual(words === null ? others : { ...others, [name]: words })
          expect(section.fields).toEqual(before.fields)
          expect(setField(setField(text, 'New', 1), 'New', undefined)).toBe(text)
        },
      ),
      { numRuns: 500 },
    )
  })
})
