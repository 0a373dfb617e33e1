import type { Outcomes, SessionSummary, Ties } from '../../projection/index.ts'
import { teamOf, type WorkState } from '../../work/index.ts'
import type { QueryContext } from '../context.ts'

/**
 * What sessions belong to, from all that is known of runs, tasks and pull requests now.
 *
 * teams  those of their tasks too: a question that asks for none need not know the tasks
 */
export async function tiesIn(
  context: QueryContext,
  { teams }: { teams: boolean },
): Promise<{ ties: Ties; outcomes: Outcomes }> {
  const outcomes = await (await context.outcomes()).current()
  const tasks = teams ? await tasksIn(context) : undefined
  return { ties: tiesOf(outcomes, tasks), outcomes }
}

/** The tasks as the ledger has them. */
export const tasksIn = async (context: QueryContext): Promise<WorkState> => (await context.work()).known()

function tiesOf(outcomes: Outcomes, tasks: WorkState | undefined): Ties {
  const runOf = ({ run }: SessionSummary) => (run === null ? undefined : outcomes.runs.get(run))
  const taskOf = (summary: SessionSummary): string | null => summary.task ?? runOf(summary)?.task ?? null
  return {
    keyOf(summary, by) {
      switch (by) {
        case 'task':
          return taskOf(summary)
        case 'team':
          return teamIn(tasks, taskOf(summary))
        case 'worktree':
          return summary.worktree ?? runOf(summary)?.worktree ?? null
        case 'pull-request':
          return outcomes.pullRequestOf(summary.id, summary.repository, summary.branch) ?? null
      }
    },
    causeOf(summary) {
      const attempt = outcomes.attemptOf(summary.run, summary.startedAt)
      if (summary.status === 'failed' || (attempt?.exitCode ?? 0) !== 0) return 'failed'
      return (attempt?.attempt ?? 1) > 1 ? 'retry' : null
    },
  }
}

function teamIn(tasks: WorkState | undefined, id: string | null): string | null {
  const task = id === null ? undefined : tasks?.tasks.get(id)
  return task === undefined ? null : (task.claim?.team ?? teamOf(task) ?? null)
}
