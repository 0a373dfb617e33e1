// What work cost, over 100,000 sessions: warm in the daemon, by every dimension, and why one task did.
import { readFileSync } from 'node:fs'
import { count, median, startDaemon, tempHome } from './lib.mjs'
import { writeSessionEvents } from './session-events.mjs'

/** The last turn of a session may be longer. */
const SESSION_EVENTS = 6
const EVENTS = 795_000
const TASKS = 5_000
const ROUNDS = 11
const BRANCHES = 400
const REPOSITORIES = 12

/** Nine of ten were recorded for a task; of some a branch is known, of others nothing. */
const of = (n) =>
  n % 10 === 0
    ? {}
    : {
        task: `task-${n % TASKS}`,
        ...(n % 3 === 0
          ? {}
          : { branch: `branch-${n % BRANCHES}`, repository: `project-${n % REPOSITORIES}` }),
      }

export async function run() {
  const { home, remove } = tempHome()
  const { sessions } = writeSessionEvents(home, EVENTS, {
    sessionEvents: SESSION_EVENTS,
    of,
  })
  const daemon = await startDaemon(home)
  const { token, port } = JSON.parse(readFileSync(`${home}/run/daemon.json`, 'utf8'))
  const ask = async (name, params) => {
    const started = performance.now()
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/${name}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: JSON.stringify(params),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(text)
    return performance.now() - started
  }
  const first = await ask('cost', { by: 'day' })
  const warm = async (name, params) => {
    const times = []
    for (let round = 0; round < ROUNDS; round++) times.push(await ask(name, params))
    return `${median(times).toFixed(0)} ms (${Math.min(...times).toFixed(0)} to ${Math.max(...times).toFixed(0)})`
  }
  const rows = [
    {
      what: `first question over ${count(sessions)} sessions, nothing kept`,
      value: `${count(first)} ms`,
      goal: 'published',
    },
  ]
  for (const by of [
    'day',
    'agent',
    'model',
    'task',
    'team',
    'branch',
    'repository',
    'worktree',
    'pull-request',
    'session',
  ])
    rows.push({ what: `cost --by ${by}, warm`, value: await warm('cost', { by }), goal: 'below 300 ms' })
  rows.push(
    {
      what: 'cost --by task --since 7d, warm',
      value: await warm('cost', { by: 'task', since: '7d' }),
      goal: 'below 300 ms',
    },
    { what: 'cost task ID, warm', value: await warm('cost.task', { id: 'task-7' }), goal: 'below 300 ms' },
    {
      what: 'daemon after these questions, at most',
      value: `${daemon.memory()?.peak} MiB`,
      goal: 'below 400 MiB',
    },
  )
  await daemon.stop()
  remove()
  return rows
}
