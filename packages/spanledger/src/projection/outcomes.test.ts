import { OUTCOMES } from './open-outcomes.ts'
import { type Append, eventProjectionContract } from './testing/event-projection-contract.ts'

const NANO = 1_000_000n
const at = (ms: number): string => String(BigInt(Date.UTC(2026, 10, 21, 12) + ms) * NANO)
let ids = 0
const event = (name: string, ms: number, data: object) => ({
  event: name,
  id: `0000000${++ids}-0000-8000-8000-000000000000`.slice(-36),
  time: at(ms),
  data,
})

const git = { repository: 'shop-1', worktree: 'fix', path: '/w', branch: 'fix', commit: 'a1' }

/** Two runs, one tried again; what became of them; and a session, which tells nothing here. */
const story: Append[] = [
  {
    stream: 'run-1',
    events: [event('RunStarted', 0, { run: '1', attempt: 1, agent: 'codex', task: 't', git })],
  },
  {
    stream: 'session-a',
    events: [event('SessionStarted', 1, { session: 'a', agent: 'codex', source: 'log:x', rank: 1 })],
  },
  {
    stream: 'run-2',
    events: [event('RunStarted', 5, { run: '2', attempt: 1, agent: null, task: null, git: null })],
  },
  {
    stream: 'run-1',
    events: [
      event('RunEnded', 100, { run: '1', attempt: 1, exitCode: 1, durationMs: 90, git: { commits: ['c1'] } }),
      event('RunStarted', 200, { run: '1', attempt: 2, agent: 'codex', task: 't', git }),
    ],
  },
  {
    stream: 'commit-c1',
    events: [
      event('CommitTied', 300, {
        commit: 'c1',
        repository: 'shop-1',
        branch: 'fix',
        authoredAt: '2026-11-21T12:00:00.000Z',
        author: 'agent',
        candidates: [{ session: 'a', score: 0.9, because: ['the run made it'] }],
      }),
    ],
  },
  {
    stream: 'pull-request-shop#12',
    events: [
      event('PullRequestTied', 400, {
        pullRequest: 'shop#12',
        repository: 'shop',
        number: 12,
        url: null,
        branch: 'fix',
        sessions: ['a'],
        because: 'told',
      }),
    ],
  },
  {
    stream: 'run-1',
    events: [event('RunEnded', 500, { run: '1', attempt: 2, exitCode: 0, durationMs: 300, git: null })],
  },
]

eventProjectionContract('outcomes', { kind: () => OUTCOMES, story })
