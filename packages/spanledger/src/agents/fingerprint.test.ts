import { expect, it } from 'vitest'
import { inputHash, outputHash } from './fingerprint.ts'

it('is the same for a call that is only explained otherwise', () => {
  const first = inputHash('{"command":"npm test","description":"run the tests"}')
  expect(inputHash({ command: 'npm test', description: 'once more' })).toBe(first)
  expect(inputHash('{"cmd":"npm test"}')).toBe(first)
  expect(inputHash('{"cmd":"npm run test"}')).not.toBe(first)
  expect(inputHash('{"path":"a","limit":3}')).toBe(inputHash('{"limit":3,"path":"a"}'))
  expect(inputHash('{"path":"a"}')).not.toBe(inputHash('{"path":"b"}'))
  expect(inputHash(undefined)).toBeUndefined()
})

it('is of a whole command, not of what an event keeps of it', () => {
  const long = 'x'.repeat(3_000)
  expect(inputHash({ command: `${long}1` })).not.toBe(inputHash({ command: `${long}2` }))
})

it.each([
  ['Tests 3 failed\nDuration 1.23s', 'Tests 3 failed\nDuration 845ms', true],
  ['not ok 1 - sum\n  duration_ms: 0.5012', 'not ok 1 - sum\n  duration_ms: 1.25', true],
  ['at 2026-11-21T09:00:00Z: refused', 'at 2026-11-21T10:30:12.5Z: refused', true],
  ['commit 3fa94bc2 is bad', 'commit 9d01fee7 is bad', true],
  ['Chunk ID: 571584\nWall time: 0.0 seconds', 'Chunk ID: 1ab2c3\nWall time: 1.2 seconds', true],
  ['request req_011CSH failed', 'request req_022DTJ failed', true],
  ['cannot open /tmp/test-aB3dE9/x.ts', 'cannot open /tmp/test-Zz81Qk/x.ts', true],
  ['\u001b[31mfailed\u001b[0m', 'failed', true],
  ['Tests 3 failed', 'Tests 2 failed', false],
  ['expected 3 to equal -1', 'expected 3 to equal 2', false],
  ['line 12: unknown name a', 'line 13: unknown name a', false],
  ["cannot find '/work/a.ts'", "cannot find '/work/b.ts'", false],
])('%j and %j say the same: %s', (a, b, same) => {
  expect(outputHash(a) === outputHash(b)).toBe(same)
})
