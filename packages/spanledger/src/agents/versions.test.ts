import { expect, it } from 'vitest'
import { forVersion, inRange } from './versions.ts'

it.each([
  ['2.1.197', '>=2 <3', true],
  ['3.0.0', '>=2 <3', false],
  ['v1.18.33', '>=1.18 <1.19', true],
  ['0.169.0', '>=0.100 <1', true],
  ['latest', '>=0', false],
])('%s in %s: %s', (version, range, expected) => expect(inRange(version, range)).toBe(expected))

it('takes the nearest range for a version nobody has seen', () => {
  const entries = [{ versions: '>=1 <2' }, { versions: '>=3 <4' }]
  const pick = (version?: string) => forVersion(entries, version).versions
  expect(pick('1.5')).toBe('>=1 <2')
  expect(pick('0.9')).toBe('>=1 <2')
  expect(pick('2.5')).toBe('>=1 <2')
  expect(pick('3.1')).toBe('>=3 <4')
  expect(pick('9')).toBe('>=3 <4')
  expect(pick('nightly')).toBe('>=3 <4')
  expect(pick()).toBe('>=3 <4')
})
