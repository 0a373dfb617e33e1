import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GitCommit } from '../../worktrees/index.ts'
import { type Author, candidatesFor, isUncertain } from './score.ts'

const T0 = Date.UTC(2026, 10, 21, 12)
const iso = (ms: number): string => new Date(T0 + ms).toISOString()

const commit: GitCommit = {
  commit: 'c1',
  parents: [],
  authoredAt: iso(30_000),
  committedAt: iso(30_000),
  author: 'dev',
  subject: 'Fix it',
  coAuthors: [],
  branch: 'fix',
}

const author = (session: string, more: Partial<Author> = {}): Author => ({
  session,
  agent: 'claude-code',
  startMs: T0,
  endMs: T0 + 60_000,
  branch: null,
  isHere: true,
  made: undefined,
  shared: false,
  committed: [],
  ...more,
})

const scoreOf = (more: Partial<Author>, of: Partial<GitCommit> = {}): number =>
  candidatesFor({ ...commit, ...of }, [author('a', more)])[0]?.score ?? 0

describe('who made a commit', () => {
  it('is the session whose run told it, and nearly surely the one that ran git commit', () => {
    const committed = [{ startMs: T0 + 29_800, endMs: T0 + 30_100 }]
    const [first, second] = candidatesFor(commit, [
      author('near'),
      author('told', { made: ['c1'] }),
      author('ran', { committed }),
    ])
    expect([first!.session, second!.session]).toEqual(['told', 'ran'])
    expect(first!.because).toContain('its run made it')
    expect(isUncertain(candidatesFor(commit, [author('ran', { committed })]))).toBe(false)
  })

  it('is nobody who was elsewhere or not at work', () => {
    expect(scoreOf({ isHere: false })).toBe(0)
    expect(scoreOf({ endMs: T0 + 20_000 })).toBe(0)
  })

  it('is hardly one whose run told other commits', () => {
    expect(scoreOf({ made: ['c0'] })).toBeLessThan(scoreOf({}) / 2)
  })

  it('is uncertain by time and folder alone, and where two are as likely', () => {
    expect(isUncertain(candidatesFor(commit, [author('a')]))).toBe(true)
    const run = { committed: [{ startMs: T0 + 29_900, endMs: T0 + 30_000 }] }
    expect(isUncertain(candidatesFor(commit, [author('a', run), author('b', run)]))).toBe(true)
  })

  it('knows an agent by its name on the commit, and another’s by that', () => {
    const coAuthors = ['Claude <noreply@anthropic.com>']
    expect(scoreOf({}, { coAuthors })).toBeGreaterThan(scoreOf({}))
    expect(scoreOf({ agent: 'codex' }, { coAuthors })).toBeLessThan(scoreOf({ agent: 'codex' }))
  })

  it('has a score from 0 to 1, whoever is asked first', () => {
    const any = fc.record({
      session: fc.uuid(),
      agent: fc.constantFrom('claude-code', 'codex', 'mine'),
      startMs: fc.integer({ min: T0 - 90_000, max: T0 + 90_000 }),
      endMs: fc.constant(T0 + 91_000),
      branch: fc.constantFrom(null, 'fix', 'main'),
      isHere: fc.constantFrom(undefined, true, false),
      made: fc.constantFrom(undefined, [], ['c1']),
      shared: fc.boolean(),
      committed: fc.constantFrom([], [{ startMs: T0 + 29_000, endMs: T0 + 31_000 }]),
    })
    fc.assert(
      fc.property(fc.array(any), fc.nat(), (authors, turn) => {
        const candidates = candidatesFor(commit, authors)
        for (const { score, because } of candidates) {
          expect(score >= 0 && score <= 1).toBe(true)
          expect(because.length).toBeGreaterThan(0)
        }
        const at = authors.length === 0 ? 0 : turn % authors.length
        expect(candidatesFor(commit, [...authors.slice(at), ...authors.slice(0, at)])).toEqual(candidates)
      }),
    )
  })
})
