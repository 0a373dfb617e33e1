import type { CommitTie } from '../../projection/index.ts'
import type { GitCommit } from '../../worktrees/index.ts'

/** What is known of a session that may have made a commit. Milliseconds since 1970. */
export interface Author {
  session: string
  agent: string
  startMs: number
  endMs: number
  branch: string | null
  /** It worked in this repository; undefined where nobody told where it did. */
  isHere: boolean | undefined
  /** Its run told these commits when it ended; undefined where it has none, or that has not ended. */
  made: readonly string[] | undefined
  /** Other sessions were in that attempt of the run too. */
  shared: boolean
  /** When it ran `git commit`, by what is kept of its commands. */
  committed: readonly { startMs: number; endMs: number }[]
}

/** How much each piece of evidence says by itself that the session made the commit; together 1 - the product of what is left. */
const WEIGHTS = {
  run: 0.95,
  sharedRun: 0.6,
  command: 0.8,
  trailer: 0.5,
  folder: 0.45,
  branch: 0.3,
  time: 0.25,
} as const
/** Below it, or with another session as near as this, it is uncertain. */
const CERTAIN_FROM = 0.8
const APART = 0.1
/** Git cuts times to whole seconds; what a command did it may tell a little before it did it. */
const BEFORE_MS = 1_000
const AFTER_MS = 500
/** Its run told every commit that was made in its worktree meanwhile, and not this one. */
const NOT_TOLD_BY_RUN = 0.3
/** Tied to fewer sessions than this, the best first. */
const CANDIDATES_MAX = 5

/** What agents sign commits with. */
const SIGNS: Record<string, RegExp> = {
  'claude-code': /claude|anthropic/i,
  codex: /codex|openai/i,
  'gemini-cli': /gemini|google/i,
  'copilot-cli': /copilot/i,
  opencode: /opencode/i,
}

/** Who may have made a commit, the best first; nobody where no evidence speaks for any. */
export function candidatesFor(commit: GitCommit, authors: readonly Author[]): CommitTie['candidates'] {
  return authors
    .flatMap((author) => scored(commit, author) ?? [])
    .toSorted((a, b) => b.score - a.score || (a.session < b.session ? -1 : 1))
    .slice(0, CANDIDATES_MAX)
}

export const isUncertain = (candidates: CommitTie['candidates']): boolean =>
  (candidates[0]?.score ?? 0) < CERTAIN_FROM ||
  (candidates[1] !== undefined && candidates[0]!.score - candidates[1].score < APART)

/** Undefined: it was elsewhere, or not at work. */
function scored(commit: GitCommit, author: Author): CommitTie['candidates'][number] | undefined {
  const made = author.made?.includes(commit.commit) === true
  const times = [commit.authoredAt, commit.committedAt].map((time) => Date.parse(time))
  const within = times.some((at) => isIn(at, author))
  if (!made && (!within || author.isHere === false)) return undefined
  const evidence: [number, string][] = []
  if (made && !author.shared) evidence.push([WEIGHTS.run, 'its run made it'])
  if (made && author.shared) evidence.push([WEIGHTS.sharedRun, 'its run, with other sessions, made it'])
  if (author.committed.some((one) => times.some((at) => isIn(at, one))))
    evidence.push([WEIGHTS.command, 'it ran git commit then'])
  const signed = commit.coAuthors.find((name) => SIGNS[author.agent]?.test(name))
  if (signed !== undefined) evidence.push([WEIGHTS.trailer, 'the commit names its agent'])
  if (author.isHere === true) evidence.push([WEIGHTS.folder, 'it worked in this repository'])
  if (author.branch !== null && author.branch === commit.branch)
    evidence.push([WEIGHTS.branch, 'on this branch'])
  if (within) evidence.push([WEIGHTS.time, 'at this time'])
  const left = evidence.reduce((rest, [weight]) => rest * (1 - weight), 1)
  // Another agent's name on it speaks against this one.
  const others = signed === undefined && namesAnother(commit, author.agent) ? 0.5 : 1
  const untold = author.made !== undefined && !made ? NOT_TOLD_BY_RUN : 1
  const score = Math.round((1 - left) * others * untold * 100) / 100
  return { session: author.session, score, because: evidence.map(([, why]) => why) }
}

const isIn = (at: number, { startMs, endMs }: { startMs: number; endMs: number }): boolean =>
  at >= startMs - BEFORE_MS && at <= endMs + AFTER_MS

const namesAnother = ({ coAuthors }: GitCommit, agent: string): boolean =>
  coAuthors.some((name) => Object.entries(SIGNS).some(([other, sign]) => other !== agent && sign.test(name)))
