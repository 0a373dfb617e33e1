import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ConfigWarning, readRedaction, type ReadFile } from './index.ts'

function read(file: string | ReadFile) {
  const warnings: ConfigWarning[] = []
  const readFile = typeof file === 'string' ? () => file : file
  const redaction = readRedaction('/home', readFile, (warning) => void warnings.push(warning))
  return {
    redaction,
    warnings: warnings.map(
      ({ source, message, next }) => `${'line' in source ? source.line : ''} ${message}; ${next}`,
    ),
  }
}

test("the document's example is read, every line of it", () => {
  const document = readFileSync(new URL('../../../../docs/reference/redaction.md', import.meta.url), 'utf8')
  const [, example] = /```yaml\n(redaction:[\s\S]*?)```/.exec(document) ?? []
  expect(read(example!)).toEqual({
    redaction: {
      enabled: true,
      patterns: [
        { name: 'employee-id', regex: 'EMP-\\d{6}' },
        { name: 'email', regex: '[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63})+', flags: 'i' },
      ],
      keys: ['licence_plate'],
      allow: ['basic', 'session.token', 'AKIAIOSFODNN7EXAMPLE'],
      content: { prompts: 'keep', toolInput: 'hash', toolOutput: 'drop', modelOutput: 'keep' },
    },
    warnings: [],
  })
})

test('nothing said is nothing changed', () => {
  for (const text of ['', 'telemetry: { level: info }\n', 'redaction:\n'])
    expect(read(text)).toEqual({ redaction: {}, warnings: [] })
  expect(read(() => undefined)).toEqual({ redaction: {}, warnings: [] })
})

test('what cannot be used is left out and told with its line, and the rest counts', () => {
  const { redaction, warnings } = read(
    [
      'redaction:',
      '  enabled: perhaps',
      '  pattern: []',
      '  patterns: [{ name: good, regex: G }, { name: bad, regex: "(" }, { name: "1", regex: x }]',
      '  keys: plate',
      '  content: { prompts: burn, toolInput: drop }',
    ].join('\n'),
  )
  expect(redaction).toEqual({
    patterns: [{ name: 'good', regex: 'G' }],
    keys: [],
    content: { toolInput: 'drop' },
  })
  expect(warnings).toEqual([
    '2 redaction.enabled is not true or false; write true or false',
    '3 there is no key redaction.pattern; did you mean patterns?',
    expect.stringMatching(/^4 .*pattern "bad": Invalid regular expression/),
    expect.stringMatching(/^4 .*"1" is not a name/),
    '5 redaction.keys is no list; write keys: [...]',
    '6 redaction.content.prompts is none of keep, drop, hash; write one of them',
  ])
})

test('a file that cannot be read leaves the built-in rules', () => {
  const anchored = read('redaction: &here\n  enabled: false\n')
  expect(anchored.redaction).toEqual({})
  expect(anchored.warnings).toEqual([expect.stringContaining('the built-in rules are used')])
  const forbidden = read(() => {
    throw new Error('EACCES: permission denied')
  })
  expect(forbidden).toEqual({
    redaction: {},
    warnings: [expect.stringContaining('EACCES: permission denied; the built-in rules are used')],
  })
})
