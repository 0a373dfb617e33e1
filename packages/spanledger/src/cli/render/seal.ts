import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, plural } from './format.ts'

type Step = AnswerOf<'seal'> extends AsyncIterable<infer Item> ? Item : never

const WHY = {
  tornLine: 'its last line is torn: the next spanledger up cuts it off',
  changed: 'it is not what was sealed, or somebody writes to it: spanledger verify tells more',
  unreadable: 'what was sealed of it cannot be read: spanledger verify tells more',
}

/** A line for each segment as it is done, and one for all. */
export function renderSealStep(step: Step, { colors }: Terminal): string {
  if ('summary' in step) {
    const { segments, left, columns, bytes, storedBytes, seconds } = step.summary
    if (segments + left === 0 && columns > 0) return `columns of ${plural(columns, 'segment')} made`
    if (segments + left === 0) return 'nothing to seal: every segment is sealed, or still written to'
    const speed = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : ''
    const rest = left === 0 ? '' : `; ${plural(left, 'segment')} left as they are`
    return `${plural(segments, 'segment')} sealed, ${formatBytes(bytes)} in ${formatBytes(storedBytes)}${speed}${rest}`
  }
  const name = `${step.kind}/${step.segment}`
  if ('columns' in step)
    return step.problem === undefined
      ? `${name}  ${colors.dim('columns')}`
      : `${colors.red('no columns')} ${name}: ${step.problem}`
  if (step.reason !== undefined) return `${colors.red('left')} ${name}: ${WHY[step.reason]}`
  return `${name}  ${colors.dim(`${formatBytes(step.bytes)} in ${formatBytes(step.storedBytes)}`)}`
}
