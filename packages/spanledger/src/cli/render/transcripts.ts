import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatBytes, formatInteger, formatWhen, plural } from './format.ts'
import { table } from './table.ts'

export function renderTranscripts(answer: AnswerOf<'transcripts'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No transcripts of agents on this machine.\n'
  return table(
    [
      { head: 'AGENT', value: (row) => row.agent },
      { head: 'CHANGED', value: (row) => formatWhen(row.modifiedAt, terminal.nowMs) },
      { head: 'SIZE', align: 'right', value: (row) => formatBytes(row.bytes) },
      { head: 'STATE', value: (row) => row.state },
      { head: 'ARCHIVED', value: archived, drop: 1 },
      { head: 'PATH', value: (row) => row.path },
    ],
    answer.rows,
    terminal,
  )
}

function archived({ archivedBytes, bytes }: AnswerOf<'transcripts'>['rows'][number]): string {
  if (archivedBytes === 0) return 'no'
  return archivedBytes >= bytes ? 'yes' : `${formatBytes(archivedBytes)}`
}

type ArchiveStep = AnswerOf<'transcripts.archive'> extends AsyncIterable<infer Item> ? Item : never

/** A line for each transcript that there was something to archive of, and one for all. */
export function renderArchiveStep(step: ArchiveStep, { colors }: Terminal): string {
  if ('archived' in step) {
    const { transcripts, unchanged, bytes, storedBytes, redacted } = step.archived
    if (transcripts === 0) return 'no transcripts'
    if (unchanged === transcripts)
      return `${plural(transcripts, 'transcript')}: all archived before, and as they were`
    const secrets = redacted === 0 ? '' : `, ${plural(redacted, 'secret')} redacted`
    return `${plural(transcripts - unchanged, 'transcript')} archived: ${formatBytes(bytes)} in ${formatBytes(storedBytes)}${secrets}`
  }
  const head = `${step.agent}  ${plain(step.path)}`
  if ('problem' in step) return `${head}  ${colors.red(plain(step.problem))}`
  const again = step.from === 'rewritten' ? ', rewritten since: archived beside what was before' : ''
  return `${head}  ${colors.dim(`${formatBytes(step.bytes)} in ${formatBytes(step.storedBytes)}${again}`)}`
}

type Step = AnswerOf<'transcripts.import'> extends AsyncIterable<infer Item> ? Item : never
type Imported = Extract<Step, { from: string }>

/** A line for each transcript as it is read, what was wrong with it below, and one for all. */
export function renderTranscriptStep(step: Step, { colors }: Terminal): string {
  if ('summary' in step) {
    const { transcripts, unchanged, bytes, lines, added, seconds } = step.summary
    if (transcripts === 0) return 'no transcripts'
    if (unchanged === transcripts)
      return `${plural(transcripts, 'transcript')}: all imported before, and as they were`
    const speed = seconds > 0 ? `, ${formatBytes(bytes / seconds)}/s` : ''
    const same = unchanged === 0 ? '' : ` (${formatInteger(unchanged)} as they were)`
    return `${plural(transcripts, 'transcript')}${same}: ${formatInteger(lines)} lines, ${formatInteger(added)} new events${speed}`
  }
  const head = `${step.agent}  ${plain(step.path)}`
  if ('problem' in step) return `${head}  ${colors.red(plain(step.problem))}`
  const parts = [
    `${formatBytes(step.bytes)}, ${plural(step.lines, step.from === 'continued' ? 'new line' : 'line')}`,
    step.added === 0 && step.events > 0 ? 'all known' : plural(step.added, 'new event'),
    ...(step.from === 'rewritten' ? ['rewritten since it was read: read again'] : []),
    ...(step.from === 'archive' ? ['from the archive'] : []),
    ...(step.redacted > 0 ? [`${plural(step.redacted, 'secret')} redacted`] : []),
  ]
  return [`${head}  ${colors.dim(parts.join(', '))}`, ...findings(step, colors)].join('\n')
}

function findings(step: Imported, colors: Terminal['colors']): string[] {
  const kinds = Object.entries(step.unknownKinds).map(
    ([kind, count]) => `${plain(kind)} (${formatInteger(count)})`,
  )
  const more = step.badLines - step.bad.length
  return [
    ...step.bad.map(({ line, message }) => colors.red(`  line ${line}: ${plain(message)}`)),
    ...(more > 0 ? [colors.red(`  and ${plural(more, 'line')} more`)] : []),
    ...(step.unknownVersions.length === 0
      ? []
      : [`  ${plain(step.unknownVersions.join(', '))} is no version that was seen: read as the nearest`]),
    ...(kinds.length === 0 ? [] : [`  passed over, since nobody knows what they are: ${kinds.join(', ')}`]),
    ...(step.unfinishedBytes === 0
      ? []
      : [`  its last line has no end yet (${formatBytes(step.unfinishedBytes)}): read the next time`]),
  ]
}
