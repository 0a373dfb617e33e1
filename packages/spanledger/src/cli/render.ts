import type { AnswerOf, QueryName } from '../query/index.ts'
import * as lists from './render/lists.ts'
import { renderBudgets, renderBudgetSet } from './render/budgets.ts'
import { renderTeam, renderThingsDiff, renderWorktree } from './render/past.ts'
import { renderCommits, renderPullRequests, renderPullRequestTied } from './render/commits.ts'
import { renderCost, renderTaskCost } from './render/cost.ts'
import { renderArrivals } from './render/arrivals.ts'
import { renderAgents } from './render/figures.ts'
import { renderProjections, renderRebuild } from './render/projections.ts'
import { renderReconciliation } from './render/reconciliation.ts'
import { renderRun, renderRuns, renderRunStopped } from './render/runs.ts'
import { renderSession } from './render/session.ts'
import { renderSessions } from './render/sessions.ts'
import { renderStatistics } from './render/statistics.ts'
import { renderTied } from './render/ties.ts'
import { renderTrace } from './render/trace.ts'
import { renderArchiveStep, renderTranscripts, renderTranscriptStep } from './render/transcripts.ts'
import { renderMatches, renderReplay, renderStateDiff } from './render/time-travel.ts'
import { renderImport } from './render/import.ts'
import { renderHolds, renderRetention } from './render/retention.ts'
import { renderSealStep } from './render/seal.ts'
import * as tasks from './render/tasks.ts'
import * as work from './render/work.ts'
import { renderVerify } from './render/verify.ts'
import {
  renderConflicts,
  renderWorktreeChanged,
  renderWorktrees,
  renderWorktreeStatus,
} from './render/worktrees.ts'
import { renderStuck, renderWatched } from './render/findings.ts'
import type { Terminal } from './terminal.ts'

/** How each answer is drawn for people. Queries that stream print their items as JSON Lines. */
const RENDERERS: { [Name in QueryName]?: (answer: AnswerOf<Name>, terminal: Terminal) => string } = {
  status: lists.renderStatus,
  sessions: renderSessions,
  session: renderSession,
  'session.reconcile': renderReconciliation,
  runs: renderRuns,
  run: renderRun,
  'runs.stop': renderRunStopped,
  stuck: renderStuck,
  statistics: renderStatistics,
  'session.tie': renderTied,
  'session.untie': renderTied,
  agents: renderAgents,
  arrivals: renderArrivals,
  cost: renderCost,
  'cost.task': renderTaskCost,
  budgets: renderBudgets,
  'budget.set': renderBudgetSet,
  'budget.remove': renderBudgetSet,
  commits: renderCommits,
  'pull-requests': renderPullRequests,
  'pull-request.tie': renderPullRequestTied,
  projections: renderProjections,
  rebuild: renderRebuild,
  traces: lists.renderTraces,
  trace: renderTrace,
  operations: lists.renderOperations,
  logs: lists.renderLogs,
  metrics: lists.renderMetrics,
  metric: lists.renderMetric,
  events: lists.renderEvents,
  'events.stats': lists.renderEventStats,
  'events.replay': renderReplay,
  'events.query': renderMatches,
  state(answer, terminal) {
    if ('sections' in answer) return tasks.renderTask(answer, terminal)
    if ('members' in answer) return renderTeam(answer, terminal)
    return 'runs' in answer ? renderWorktree(answer, terminal) : renderSession(answer, terminal)
  },
  'state.diff': (answer, terminal) =>
    'kind' in answer ? renderThingsDiff(answer, terminal) : renderStateDiff(answer, terminal),
  tasks: tasks.renderTasks,
  task: tasks.renderTask,
  'tasks.parents': tasks.renderParents,
  'tasks.search': tasks.renderSearch,
  'tasks.reindex': tasks.renderReindex,
  'tasks.templates': tasks.renderTemplates,
  'task.create': tasks.renderChanged,
  'task.parent': tasks.renderChanged,
  'task.template': tasks.renderChanged,
  'task.update': tasks.renderChanged,
  'task.status': tasks.renderChanged,
  'task.move': tasks.renderChanged,
  'task.delete': tasks.renderChanged,
  'task.add': tasks.renderChanged,
  'task.promote': tasks.renderChanged,
  'task.extract': tasks.renderChanged,
  'task.adopt': tasks.renderChanged,
  'task.resequence': tasks.renderChanged,
  'task.parallelize': tasks.renderChanged,
  'task.sync': tasks.renderSync,
  work: work.renderWork,
  'work.claim': work.renderHeld,
  'work.progress': work.renderHeld,
  'work.complete': work.renderHeld,
  'work.release': work.renderHeld,
  'work.stats': work.renderWorkStats,
  'work.agents': work.renderWorkAgents,
  teams: work.renderTeams,
  'team.set': work.renderTeamSet,
  sql: lists.renderSql,
  verify: renderVerify,
  retention: renderRetention,
  'hold.add': renderHolds,
  'hold.list': renderHolds,
  'hold.remove': renderHolds,
  import: renderImport,
  transcripts: renderTranscripts,
  'worktree.list': renderWorktrees,
  'worktree.status': renderWorktreeStatus,
  'worktree.conflicts': renderConflicts,
  'worktree.create': renderWorktreeChanged,
  'worktree.remove': renderWorktreeChanged,
  'worktree.recycle': renderWorktreeChanged,
}

export function render(name: QueryName, answer: unknown, terminal: Terminal): string {
  const renderer = RENDERERS[name] as ((answer: unknown, terminal: Terminal) => string) | undefined
  return renderer === undefined ? `${JSON.stringify(answer, undefined, 2)}\n` : renderer(answer, terminal)
}

/** One item of a query that streams, without its line end: as JSON but where people watch it. */
export function renderItem(name: QueryName, item: unknown, terminal: Terminal | undefined): string {
  if (typeof item === 'string') return item
  if (name === 'seal' && terminal !== undefined)
    return renderSealStep(item as Parameters<typeof renderSealStep>[0], terminal)
  if (name === 'transcripts.archive' && terminal !== undefined)
    return renderArchiveStep(item as Parameters<typeof renderArchiveStep>[0], terminal)
  if (name === 'runs.logs' && terminal !== undefined) return (item as { line: string }).line
  if (name === 'watch' && terminal !== undefined)
    return renderWatched(item as Parameters<typeof renderWatched>[0], terminal)
  if (name === 'transcripts.import' && terminal !== undefined)
    return renderTranscriptStep(item as Parameters<typeof renderTranscriptStep>[0], terminal)
  return JSON.stringify(item)
}
