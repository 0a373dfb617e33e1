import { plain, plainLines } from '../../query/index.ts'
import type { ConnectAnswer } from '../settings-answers.ts'
import type { Terminal } from '../terminal.ts'

const DONE = { create: 'written', edit: 'changed', remove: 'removed', none: 'as it is' } as const

/** isShown  The diff was on the screen a moment ago. */
export function renderConnect(
  name: 'connect' | 'disconnect',
  answer: ConnectAnswer,
  terminal: Terminal,
  isShown: boolean,
): string {
  const { colors } = terminal
  const { files, title, written, alias, next } = answer
  const changes = files.some(({ change }) => change !== 'none')
  const connects = name === 'connect'
  const kept = files.flatMap(({ file, kept: list }) =>
    list.map(
      ({ path, found }) =>
        `${colors.yellow('!')} ${plain(connects ? keptLine(file, path, found) : leftLine(file))}\n`,
    ),
  )
  const told = isShown ? '' : files.map(({ diff }) => colored(diff, terminal)).join('')
  const done = files.map(({ file, change }) => `  ${plain(file)}  ${colors.dim(DONE[change])}\n`).join('')
  const isLeft = !connects && kept.length > 0
  const verdict = isLeft
    ? `${colors.red('✗')} ${title} is not wholly disconnected\n${done}`
    : !changes
      ? `${colors.green('✓')} ${title} is ${name}ed: nothing to change\n${done}`
      : written
        ? `${colors.green('✓')} ${title} is ${name}ed, from its next start on\n${done}`
        : ''
  const shell =
    alias === null
      ? ''
      : `\nNo file of ${title} switches its telemetry on: put this into your shell's profile, or start it with spanledger run.\n\n  ${plain(alias)}\n`
  const more = next.map((line) => `\n${colors.yellow('!')} ${plain(line)}\n`).join('')
  return told + kept.join('') + verdict + shell + more
}

function keptLine(file: string, path: readonly string[], found: unknown): string {
  const shown = JSON.stringify(found) ?? ''
  const value = shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
  return `${file}: ${path.join('.')} is ${value} and stays (--replace changes it)`
}

const leftLine = (file: string): string =>
  `${file} was changed since it was written, and stays: remove it, or what is in it of spanledger, by hand`

function colored(diff: string, { colors }: Terminal): string {
  return diff
    .split(/(?<=\n)/)
    .map((line) => {
      const shown = plainLines(line)
      if (/^(---|\+\+\+) /.test(line)) return colors.bold(shown)
      if (line.startsWith('@@')) return colors.cyan(shown)
      if (line.startsWith('+')) return colors.green(shown)
      return line.startsWith('-') ? colors.red(shown) : shown
    })
    .join('')
}
