import type * as v from 'valibot'
import type { Query } from './query.ts'
import type { Refusal } from './refusal.ts'
import { eventExport, eventFollow, events, eventStats } from './queries/events.ts'
import { agents } from './queries/agents.ts'
import { budgetRemove, budgets, budgetSet } from './queries/budgets.ts'
import { commits } from './queries/commits.ts'
import { arrivals } from './queries/arrivals.ts'
import { cost } from './queries/cost.ts'
import { costTask } from './queries/cost-task.ts'
import { eventQuery } from './queries/event-query.ts'
import { exportSignal } from './queries/export.ts'
import { holdAdd, holdList, holdRemove } from './queries/holds.ts'
import { importFiles } from './queries/import.ts'
import { logs } from './queries/logs.ts'
import { metric, metrics } from './queries/metrics.ts'
import { operations } from './queries/operations.ts'
import { projections } from './queries/projections.ts'
import { pullRequests, pullRequestTie } from './queries/pull-requests.ts'
import { rebuild } from './queries/rebuild.ts'
import { eventReplay } from './queries/replay.ts'
import { retention } from './queries/retention.ts'
import { run, runLogs, runs, runStop } from './queries/runs.ts'
import { seal } from './queries/seal.ts'
import { session, sessionReconcile, sessions } from './queries/sessions.ts'
import { sql } from './queries/sql.ts'
import { state, stateDiff } from './queries/state.ts'
import { expositionQuery, statistics } from './queries/statistics.ts'
import { status } from './queries/status.ts'
import { stuck } from './queries/stuck.ts'
import {
  taskAdd,
  taskAdopt,
  taskCreate,
  taskDelete,
  taskExtract,
  taskMove,
  taskParallelize,
  taskParentCreate,
  taskPromote,
  taskResequence,
  taskStatus,
  taskSync,
  taskTemplateApply,
  taskUpdate,
} from './queries/task-commands.ts'
import { task, taskParents, taskReindex, tasks, taskSearch, taskTemplates } from './queries/tasks.ts'
import { sessionTie, sessionUntie } from './queries/ties.ts'
import { trace } from './queries/trace.ts'
import { transcripts } from './queries/transcripts.ts'
import { transcriptsArchive } from './queries/transcripts-archive.ts'
import { transcriptsImport } from './queries/transcripts-import.ts'
import { traces } from './queries/traces.ts'
import { verify } from './queries/verify.ts'
import { watch } from './queries/watch.ts'
import {
  teamList,
  teamSet,
  workAgents,
  workClaim,
  workComplete,
  workList,
  workProgress,
  workRelease,
  workStatsQuery,
} from './queries/work.ts'
import { worktreeStatus } from './queries/worktree-status.ts'
import {
  worktreeConflicts,
  worktreeCreate,
  worktreeList,
  worktreeRecycle,
  worktreeRemove,
} from './queries/worktrees.ts'

/** Every question there is, by the name it has on the command line's inside, in the HTTP API and for agents. */
export const QUERIES = {
  status,
  sessions,
  session,
  'session.reconcile': sessionReconcile,
  stuck,
  watch,
  statistics,
  exposition: expositionQuery,
  'session.tie': sessionTie,
  'session.untie': sessionUntie,
  runs,
  run,
  'runs.stop': runStop,
  'runs.logs': runLogs,
  agents,
  arrivals,
  cost,
  'cost.task': costTask,
  budgets,
  'budget.set': budgetSet,
  'budget.remove': budgetRemove,
  commits,
  'pull-requests': pullRequests,
  'pull-request.tie': pullRequestTie,
  traces,
  trace,
  operations,
  logs,
  metrics,
  metric,
  events,
  'events.stats': eventStats,
  'events.export': eventExport,
  'events.follow': eventFollow,
  'events.replay': eventReplay,
  'events.query': eventQuery,
  state,
  'state.diff': stateDiff,
  tasks,
  task,
  'tasks.parents': taskParents,
  'tasks.search': taskSearch,
  'tasks.reindex': taskReindex,
  'tasks.templates': taskTemplates,
  'task.create': taskCreate,
  'task.parent': taskParentCreate,
  'task.template': taskTemplateApply,
  'task.update': taskUpdate,
  'task.status': taskStatus,
  'task.move': taskMove,
  'task.delete': taskDelete,
  'task.add': taskAdd,
  'task.promote': taskPromote,
  'task.extract': taskExtract,
  'task.adopt': taskAdopt,
  'task.resequence': taskResequence,
  'task.parallelize': taskParallelize,
  'task.sync': taskSync,
  work: workList,
  'work.claim': workClaim,
  'work.progress': workProgress,
  'work.complete': workComplete,
  'work.release': workRelease,
  'work.stats': workStatsQuery,
  'work.agents': workAgents,
  teams: teamList,
  'team.set': teamSet,
  sql,
  verify,
  seal,
  projections,
  rebuild,
  retention,
  'hold.add': holdAdd,
  'hold.list': holdList,
  'hold.remove': holdRemove,
  export: exportSignal,
  import: importFiles,
  transcripts,
  'transcripts.archive': transcriptsArchive,
  'transcripts.import': transcriptsImport,
  'worktree.list': worktreeList,
  'worktree.status': worktreeStatus,
  'worktree.conflicts': worktreeConflicts,
  'worktree.create': worktreeCreate,
  'worktree.remove': worktreeRemove,
  'worktree.recycle': worktreeRecycle,
} as const

export type QueryName = keyof typeof QUERIES

export type ParamsOf<Name extends QueryName> = v.InferInput<(typeof QUERIES)[Name]['params']>

/** What a query answers when it does not refuse. */
export type AnswerOf<Name extends QueryName> = Exclude<
  Awaited<ReturnType<(typeof QUERIES)[Name]['run']>>,
  Refusal
>

export const isQueryName = (name: string): name is QueryName => Object.hasOwn(QUERIES, name)

/** The same with its types forgotten, for whoever takes names and parameters from outside. */
export const queryNamed = (name: QueryName): Query => QUERIES[name] as unknown as Query
