import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatInteger, plural } from './format.ts'

export function renderImport(answer: AnswerOf<'import'>, { colors }: Terminal): string {
  const lines = answer.files.flatMap((file) => {
    const taken = (['spans', 'logs', 'metrics'] as const)
      .filter((kind) => file[kind] > 0)
      .map((kind) => `${formatInteger(file[kind])} ${kind}`)
    const redacted = file.redacted > 0 ? [`${plural(file.redacted, 'secret')} redacted`] : []
    const rejected = file.rejected > 0 ? [colors.red(`${plural(file.rejected, 'record')} refused`)] : []
    const bad = file.badLines > 0 ? [colors.red(`${plural(file.badLines, 'line')} could not be read`)] : []
    const counts = taken.length === 0 ? ['nothing'] : taken
    const told = file.bad.map(({ line, message }) => `  line ${line}: ${plain(message)}`)
    const more = file.badLines - file.bad.length
    return [
      `${plain(file.file)}: ${[...counts, ...redacted, ...rejected, ...bad].join(', ')}`,
      ...told,
      ...(more > 0 ? [`  and ${plural(more, 'line')} more`] : []),
    ]
  })
  return `${lines.join('\n')}\n`
}
