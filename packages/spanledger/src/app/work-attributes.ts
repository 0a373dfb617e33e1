import type { Traced, TracedCommand } from '../cli/index.ts'

type Value = string | number | string[]

/**
 * What a command about tasks did, in the words of the `coordination.*` conventions; ids, words of a list and figures only, no
 * text that people wrote.
 */
export function workAttributes(
  name: string,
  params: TracedCommand['params'],
  answer: Traced | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Record<string, Value> {
  const { task, team, settings } = (answer ?? {}) as {
    task?: Record<string, unknown> & { startedAt?: string | null; doneAt?: string | null }
    team?: unknown
    settings?: Record<string, unknown>
  }
  const refused = answer === undefined ? undefined : (answer['refused'] ?? undefined)
  const durationS =
    typeof task?.startedAt === 'string' && typeof task.doneAt === 'string'
      ? (Date.parse(task.doneAt) - Date.parse(task.startedAt)) / 1000
      : undefined
  return known({
    'spanledger.command': name,
    'error.type': refused,
    'coordination.agent.name': params['agent'] ?? env['SPANLEDGER_AGENT'],
    'coordination.work.id': task?.['id'] ?? params['id'],
    'coordination.work.type': task?.['type'] ?? params['type'],
    'coordination.work.priority': task?.['priority'] ?? params['priority'],
    'coordination.work.status': task?.['status'],
    'coordination.work.story_points': task?.['storyPoints'] ?? params['storyPoints'],
    'coordination.work.team': task?.['team'] ?? params['team'],
    'coordination.work.assignee': task?.['assignee'],
    'coordination.work.progress': task?.['progress'],
    'coordination.work.dependencies': task?.['dependsOn'],
    'coordination.work.score': params['score'],
    'coordination.work.duration': durationS,
    'coordination.team.name': team,
    'coordination.team.wip_limit': settings?.['wipLimit'],
    'coordination.team.capacity': settings?.['capacity'],
  })
}

/** Without what is not known; numbers that the command line gave as text are numbers. */
function known(all: Record<string, unknown>): Record<string, Value> {
  const values: Record<string, Value> = {}
  for (const [key, value] of Object.entries(all)) {
    if (typeof value === 'number' || (Array.isArray(value) && value.length > 0)) values[key] = value as Value
    else if (typeof value === 'string' && value !== '') values[key] = NUMBERS.has(key) ? Number(value) : value
  }
  return values
}

const NUMBERS = new Set(['coordination.work.story_points', 'coordination.work.score'])
