import type { AskingCommand } from './commands.ts'

export const TASK_COMMANDS: readonly AskingCommand[] = [
  {
    path: ['task', 'create'],
    query: 'task.create',
    examples: [
      "spanledger task create 'Fix the login' --type bug --priority high --tag auth",
      "spanledger task create 'Write the guide' --instruction 'For people who never saw it.' --depends-on fix-the-login-11A",
    ],
  },
  {
    path: ['task', 'get'],
    query: 'task',
    examples: ['spanledger task get fix-the-login', 'spanledger task get fix-the-login-11A --json'],
  },
  {
    path: ['task', 'list'],
    query: 'tasks',
    examples: ['spanledger task list', 'spanledger task list --status blocked --json | jq -r ".rows[].id"'],
  },
  {
    path: ['task', 'update'],
    query: 'task.update',
    examples: [
      "spanledger task update fix-the-login --append 'Log=- found it' --area auth",
      'spanledger task update fix-the-login --set estimate=3 --unset phase --depends-on write-tests-11B',
    ],
  },
  {
    path: ['task', 'status'],
    query: 'task.status',
    examples: [
      'spanledger task status fix-the-login in_progress',
      "spanledger task status fix-the-login blocked --reason 'no access'",
    ],
  },
  { path: ['task', 'move'], query: 'task.move', examples: ['spanledger task move fix-the-login archive'] },
  { path: ['task', 'delete'], query: 'task.delete', examples: ['spanledger task delete fix-the-login-11A'] },
  {
    path: ['task', 'parent', 'create'],
    query: 'task.parent',
    examples: ["spanledger task parent create 'Move to the new login'"],
  },
  { path: ['task', 'parent', 'list'], query: 'tasks.parents', examples: ['spanledger task parent list'] },
  {
    path: ['task', 'add'],
    query: 'task.add',
    examples: ["spanledger task add move-to-the-new-login 'Write the tests' --type test"],
  },
  { path: ['task', 'promote'], query: 'task.promote', examples: ['spanledger task promote fix-the-login'] },
  { path: ['task', 'extract'], query: 'task.extract', examples: ['spanledger task extract write-the-tests'] },
  {
    path: ['task', 'adopt'],
    query: 'task.adopt',
    examples: ['spanledger task adopt move-to-the-new-login write-the-tests'],
  },
  {
    path: ['task', 'resequence'],
    query: 'task.resequence',
    examples: ['spanledger task resequence move-to-the-new-login write-the-tests write-the-guide'],
  },
  {
    path: ['task', 'parallelize'],
    query: 'task.parallelize',
    examples: ['spanledger task parallelize move-to-the-new-login write-the-tests write-the-guide'],
  },
  {
    path: ['task', 'template', 'list'],
    query: 'tasks.templates',
    examples: ['spanledger task template list'],
  },
  {
    path: ['task', 'template', 'apply'],
    query: 'task.template',
    examples: ["spanledger task template apply bug 'Fix the logout'"],
  },
  {
    path: ['task', 'search'],
    query: 'tasks.search',
    examples: ['spanledger task search "login token"', 'spanledger task search auth --json'],
  },
  { path: ['task', 'reindex'], query: 'tasks.reindex', examples: ['spanledger task reindex'] },
  {
    path: ['task', 'sync'],
    query: 'task.sync',
    examples: ['spanledger task sync', 'spanledger task sync --root ~/project/.tasks --json'],
  },
  {
    path: ['work', 'claim'],
    query: 'work.claim',
    examples: [
      "spanledger work claim bug 'Fix the login' --team web --story-points 3 --agent claude-1",
      'spanledger work claim --id fix-the-login --agent claude-1',
    ],
  },
  {
    path: ['work', 'progress'],
    query: 'work.progress',
    examples: ['spanledger work progress fix-the-login 60', 'spanledger work progress fix-the-login'],
  },
  {
    path: ['work', 'complete'],
    query: 'work.complete',
    examples: [
      'spanledger work complete fix-the-login --score 0.9',
      'spanledger work complete fix-the-login --status failed',
    ],
  },
  {
    path: ['work', 'release'],
    query: 'work.release',
    examples: ["spanledger work release fix-the-login --reason 'no access'"],
  },
  {
    path: ['work', 'list'],
    query: 'work',
    examples: [
      'spanledger work list --team web',
      'spanledger work list --status todo --json',
      'spanledger work list --format csv --show-traces > work.csv',
    ],
  },
  {
    path: ['work', 'stats'],
    query: 'work.stats',
    examples: ['spanledger work stats', 'spanledger work stats --since 1w --json'],
  },
  {
    path: ['agent', 'list'],
    query: 'work.agents',
    examples: ['spanledger agent list', 'spanledger agent list --team web --json'],
  },
  { path: ['team', 'list'], query: 'teams', examples: ['spanledger team list'] },
  {
    path: ['team', 'set'],
    query: 'team.set',
    examples: [
      'spanledger team set web --wip-limit 3 --capacity 20',
      'spanledger team set web --wip-limit none',
    ],
  },
]
