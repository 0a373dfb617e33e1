import type { QueryName } from '../query/index.ts'
import { TASK_COMMANDS } from './task-commands.ts'

/** One command that asks one query: everything else about it comes from the query itself. */
export interface AskingCommand {
  /** Words on the command line. */
  path: [string, ...string[]]
  query: QueryName
  /** Asked instead when the first argument is given. */
  withArgument?: QueryName
  examples: string[]
}

export const ASKING: readonly AskingCommand[] = [
  {
    path: ['status'],
    query: 'status',
    examples: ['spanledger status', 'spanledger status --home ./ledger --json'],
  },
  {
    path: ['sessions'],
    query: 'sessions',
    examples: [
      'spanledger sessions --since 2d',
      'spanledger sessions --agent claude-code --json | jq ".rows[].costUsd"',
    ],
  },
  {
    path: ['session', 'show'],
    query: 'session',
    examples: ['spanledger session show last', 'spanledger session show 73633c63 --json'],
  },
  {
    path: ['session', 'reconcile'],
    query: 'session.reconcile',
    examples: [
      'spanledger session reconcile last',
      'spanledger session reconcile 73633c63 --json | jq ".figures[].confidence"',
    ],
  },
  {
    path: ['stuck'],
    query: 'stuck',
    examples: ['spanledger stuck', 'spanledger stuck --json | jq ".rows[].finding.kind"'],
  },
  {
    path: ['watch'],
    query: 'watch',
    examples: ['spanledger watch --follow', 'spanledger watch --since today --json'],
  },
  {
    path: ['arrivals'],
    query: 'arrivals',
    examples: ['spanledger arrivals', 'spanledger arrivals --since 7d --json'],
  },
  {
    path: ['stats'],
    query: 'statistics',
    examples: ['spanledger stats', 'spanledger stats --since today --json'],
  },
  {
    path: ['session', 'tie'],
    query: 'session.tie',
    examples: [
      'spanledger session tie last --task fix-the-login',
      'spanledger session tie 73633c63 --run 019a --because "started before the daemon"',
      'spanledger session tie --all',
    ],
  },
  {
    path: ['session', 'untie'],
    query: 'session.untie',
    examples: ['spanledger session untie 73633c63 --because "it was another task"'],
  },
  {
    path: ['runs'],
    query: 'runs',
    examples: ['spanledger runs', 'spanledger runs --task fix-the-login --json'],
  },
  {
    path: ['runs', 'show'],
    query: 'run',
    examples: ['spanledger runs show last', 'spanledger runs show 019a3f --json'],
  },
  {
    path: ['runs', 'stop'],
    query: 'runs.stop',
    examples: ['spanledger runs stop last', 'spanledger runs stop 019a3f --force'],
  },
  {
    path: ['runs', 'logs'],
    query: 'runs.logs',
    examples: ['spanledger runs logs last', 'spanledger runs logs 019a3f --follow'],
  },
  { path: ['agents'], query: 'agents', examples: ['spanledger agents', 'spanledger agents --json'] },
  {
    path: ['cost'],
    query: 'cost',
    examples: [
      'spanledger cost --since 7d',
      'spanledger cost --by task',
      'spanledger cost --by model --since 2026-11-01 --json',
    ],
  },
  {
    path: ['cost', 'task'],
    query: 'cost.task',
    examples: [
      'spanledger cost task fix-the-login',
      'spanledger cost task 12 --json | jq ".total.causes.failed"',
    ],
  },
  {
    path: ['budget', 'list'],
    query: 'budgets',
    examples: ['spanledger budget list', 'spanledger budget list --json'],
  },
  {
    path: ['budget', 'set'],
    query: 'budget.set',
    examples: [
      'spanledger budget set everything --usd 300 --every month',
      'spanledger budget set team web --usd 50 --every week',
      'spanledger budget set task fix-the-login --usd 5',
    ],
  },
  {
    path: ['budget', 'remove'],
    query: 'budget.remove',
    examples: ['spanledger budget remove team web --every week'],
  },
  {
    path: ['commits'],
    query: 'commits',
    examples: ['spanledger commits --since 7d', 'spanledger commits --task fix-the-login --json'],
  },
  { path: ['pr', 'list'], query: 'pull-requests', examples: ['spanledger pr list'] },
  {
    path: ['pr', 'tie'],
    query: 'pull-request.tie',
    examples: [
      'spanledger pr tie 12 --branch fix-the-login',
      'spanledger pr tie https://github.com/acme/shop/pull/12 --session last',
    ],
  },
  {
    path: ['traces'],
    query: 'traces',
    examples: [
      'spanledger traces --service checkout --status error --since 2h',
      "spanledger traces --name 'GET /api/*' --min-duration 1.5s --attr 'http.response.status_code>=500'",
    ],
  },
  {
    path: ['trace', 'show'],
    query: 'trace',
    examples: ['spanledger trace show last', 'spanledger trace show 4bf92f35 --json'],
  },
  {
    path: ['operations'],
    query: 'operations',
    examples: [
      'spanledger operations --since 1h',
      "spanledger operations --service checkout --name 'POST *' --json",
    ],
  },
  {
    path: ['logs'],
    query: 'logs',
    examples: [
      'spanledger logs --severity warn --since 1h',
      'spanledger logs --search "connection refused" --service cart',
    ],
  },
  {
    path: ['metrics'],
    query: 'metrics',
    withArgument: 'metric',
    examples: ['spanledger metrics', 'spanledger metrics claude_code.token.usage --since today'],
  },
  {
    path: ['events', 'list'],
    query: 'events',
    examples: [
      'spanledger events list --type SessionToolUsed --since 1h',
      "spanledger events list --stream 'session-7363*'",
    ],
  },
  { path: ['events', 'stats'], query: 'events.stats', examples: ['spanledger events stats'] },
  {
    path: ['events', 'export'],
    query: 'events.export',
    examples: ['spanledger events export > events.jsonl'],
  },
  {
    path: ['events', 'follow'],
    query: 'events.follow',
    examples: ['spanledger events follow', 'spanledger events follow --type SessionErrorOccurred --json'],
  },
  {
    path: ['events', 'replay'],
    query: 'events.replay',
    examples: [
      "spanledger events replay --stream 'session-7363*'",
      "spanledger events replay --stream 'session-7363*' --speed 10",
      "spanledger events replay --stream 'session-7363*' --steps",
    ],
  },
  {
    path: ['events', 'query'],
    query: 'events.query',
    examples: [
      'spanledger events query "SessionToolUsed[outcome=failed] followed by SessionPromptSubmitted" --within 5m',
      'spanledger events query "SessionPromptSubmitted not followed by SessionModelCalled" --within 1m --since 1d',
      `spanledger events query 'SessionModelCalled[tokens.input>100000, model~"claude*"]' --by agent`,
    ],
  },
  {
    path: ['state'],
    query: 'state',
    examples: [
      'spanledger state session last --at +30s',
      'spanledger state session 73633c63 --at 2026-11-21T09:30:00Z --recorded',
      'spanledger state task fix-the-login --at yesterday',
      'spanledger state worktree fix-login --at 2h',
      'spanledger state team web --at 2026-11-21',
    ],
  },
  {
    path: ['state', 'diff'],
    query: 'state.diff',
    examples: [
      'spanledger state diff --from yesterday --to today',
      'spanledger state diff session last --from +10s --to +40s --json',
      'spanledger state diff task --from yesterday',
      'spanledger state diff team web --from 1w --to today',
    ],
  },
  ...TASK_COMMANDS,
  {
    path: ['worktree', 'list'],
    query: 'worktree.list',
    examples: ['spanledger worktree list', 'spanledger worktree list --repo ~/code/shop --json'],
  },
  {
    path: ['worktree', 'status'],
    query: 'worktree.status',
    examples: ['spanledger worktree status', 'spanledger worktree status --json | jq ".rows[].atWork"'],
  },
  {
    path: ['worktree', 'conflicts'],
    query: 'worktree.conflicts',
    examples: [
      'spanledger worktree conflicts',
      'spanledger worktree conflicts --json | jq ".collisions[].grade"',
    ],
  },
  {
    path: ['worktree', 'create'],
    query: 'worktree.create',
    examples: [
      'spanledger worktree create fix-login',
      'spanledger worktree create fix-login --from origin/main',
    ],
  },
  {
    path: ['worktree', 'remove'],
    query: 'worktree.remove',
    examples: ['spanledger worktree remove fix-login'],
  },
  {
    path: ['worktree', 'recycle'],
    query: 'worktree.recycle',
    examples: ['spanledger worktree recycle fix-login next-task --from origin/main'],
  },
  {
    path: ['sql'],
    query: 'sql',
    examples: [
      `spanledger sql "SELECT service, count(*), avg(duration_ms) FROM spans GROUP BY service"`,
      'spanledger sql "DESCRIBE logs"',
    ],
  },
  {
    path: ['verify'],
    query: 'verify',
    examples: ['spanledger verify', 'spanledger verify --repair --dry-run', 'spanledger verify --repair'],
  },
  { path: ['seal'], query: 'seal', examples: ['spanledger seal', 'spanledger seal --json'] },
  {
    path: ['projections'],
    query: 'projections',
    examples: ['spanledger projections', 'spanledger projections --json | jq ".rows[].digest"'],
  },
  {
    path: ['rebuild'],
    query: 'rebuild',
    examples: ['spanledger rebuild', 'spanledger rebuild sessions', 'spanledger rebuild --check'],
  },
  {
    path: ['retention'],
    query: 'retention',
    examples: ['spanledger retention --dry-run', 'spanledger retention --json'],
  },
  {
    path: ['hold', 'add'],
    query: 'hold.add',
    examples: [
      'spanledger hold add session last --reason "the outage of May 3"',
      'spanledger hold add trace 4bf92f3577b34da6a3ce929d0e0e4736',
    ],
  },
  { path: ['hold', 'list'], query: 'hold.list', examples: ['spanledger hold list'] },
  { path: ['hold', 'remove'], query: 'hold.remove', examples: ['spanledger hold remove session 73633c63'] },
  {
    path: ['export'],
    query: 'export',
    examples: ['spanledger export traces > traces.jsonl', 'spanledger export logs --since 1d > logs.jsonl'],
  },
  {
    path: ['import'],
    query: 'import',
    examples: [
      'spanledger import traces.jsonl',
      'spanledger import request.pb --signal traces',
      'spanledger export traces | spanledger import - --home ./copy',
    ],
  },
  {
    path: ['transcripts', 'list'],
    query: 'transcripts',
    examples: ['spanledger transcripts list', 'spanledger transcripts list --json | jq ".rows[].path"'],
  },
  {
    path: ['transcripts', 'import'],
    query: 'transcripts.import',
    examples: [
      'spanledger transcripts import',
      'spanledger transcripts import claude-code codex',
      'spanledger transcripts import ~/backup/projects session.jsonl',
    ],
  },
  {
    path: ['transcripts', 'archive'],
    query: 'transcripts.archive',
    examples: ['spanledger transcripts archive', 'spanledger transcripts archive claude-code --json'],
  },
]

/** Groups of commands, with what they are about. */
export const GROUPS: Record<string, string> = {
  session: 'One session',
  trace: 'One trace, and whether there are any',
  config: 'Settings',
  events: 'Domain events',
  hold: 'What is kept, whatever the rules of retention say',
  budget: 'What may be spent',
  pr: 'Pull requests, and what they are made of',
  state: 'The past',
  transcripts: 'What agents wrote down of their sessions',
  task: 'Tasks: Markdown files and their history',
  'task parent': 'Tasks with subtasks',
  'task template': 'Templates for tasks',
  work: 'Who works on what',
  team: 'Teams and their limits',
  agent: 'Agents that work on tasks',
  worktree: 'Worktrees of a git repository',
}
