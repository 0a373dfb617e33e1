import { type AnswerOf, plain } from '../../query/index.ts'
import { plural } from './format.ts'

export function renderTied(answer: AnswerOf<'session.tie'>): string {
  if (!('session' in answer)) {
    const { sessions, tied, ended } = answer
    return `${plural(sessions, 'session')} looked at: ${plural(tied, 'new tie')}, ${ended} ended with their runs\n`
  }
  const { session, task, run } = answer
  const to = [task === null ? undefined : `task ${task}`, run === null ? undefined : `run ${run}`]
    .filter((one) => one !== undefined)
    .join(' and ')
  return `session ${plain(session)} belongs to ${to === '' ? 'no task and no run' : plain(to)}\n`
}
