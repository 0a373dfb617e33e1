import { plain } from '../../query/index.ts'
import type { SettingsName } from '../settings.ts'
import type {
  ConfigAnswer,
  ConfigCheckAnswer,
  Destination,
  DoctorAnswer,
  Finding,
  TraceChangeAnswer,
  TraceStatusAnswer,
  TraceTestAnswer,
} from '../settings-answers.ts'
import type { Terminal } from '../terminal.ts'
import { renderDoctor } from './doctor.ts'
import { plural } from './format.ts'
import { table } from './table.ts'
import { padEnd } from './width.ts'

export function renderSettings(name: SettingsName, answer: unknown, terminal: Terminal): string {
  switch (name) {
    case 'doctor':
      return renderDoctor(answer as DoctorAnswer, terminal)
    case 'config.show':
      return renderConfig(answer as ConfigAnswer, terminal)
    case 'config.check':
      return renderCheck(answer as ConfigCheckAnswer, terminal)
    case 'trace.status':
      return renderTraceStatus(answer as TraceStatusAnswer, terminal)
    case 'trace.test':
      return renderTraceTest(answer as TraceTestAnswer, terminal)
    default:
      return renderChange(answer as TraceChangeAnswer, terminal)
  }
}

const shown = (value: unknown): string =>
  value === null ? '-' : typeof value === 'string' ? value : JSON.stringify(value)

function renderConfig({ settings, files, findings }: ConfigAnswer, terminal: Terminal): string {
  if (settings.length === 0) return 'No such settings: spanledger config show --all has them all.\n'
  const rows = table(
    [
      { head: 'KEY', value: (row) => row.key },
      { head: 'VALUE', value: (row) => shown(row.value), shrinkTo: 12 },
      {
        head: 'FROM',
        value: (row) => shortened(row.source, files),
        shrinkTo: 30,
        paint: (text, row) => (row.isDefault ? terminal.colors.dim(text) : text),
      },
    ],
    settings,
    terminal,
  )
  const legend = files
    .filter(({ found }) => found)
    .map(({ kind, file }) => `${padEnd(kind, 8)} ${plain(file)}\n`)
  return rows + (legend.length === 0 ? '' : `\n${legend.join('')}`) + findingLines(findings, terminal)
}

/** A file by its kind, so that the line is never what a narrow terminal has no room for. */
function shortened(source: string, files: ConfigAnswer['files']): string {
  const file = files.find((each) => source.startsWith(`${each.file}:`))
  return file === undefined ? source : file.kind + source.slice(file.file.length)
}

function renderCheck({ ok, files, findings }: ConfigCheckAnswer, terminal: Terminal): string {
  const { colors } = terminal
  const read = files.filter(({ found }) => found).map(({ file }) => `  ${plain(file)}\n`)
  const verdict = ok
    ? colors.green('✓ nothing is wrong')
    : colors.red(`✗ ${plural(findings.length, 'finding')}`)
  return `${verdict}\n${read.length === 0 ? '  no file, variables only\n' : read.join('')}${findingLines(findings, terminal)}`
}

const findingLines = (findings: readonly Finding[], { colors }: Terminal): string =>
  findings
    .map(
      ({ where, message, next }) =>
        `\n${colors.yellow('!')} ${plain(where)}: ${plain(message)}\n  ${plain(next)}\n`,
    )
    .join('')

function renderTraceStatus(status: TraceStatusAnswer, terminal: Terminal): string {
  const { colors } = terminal
  const line = (name: string, value: string): string => `${colors.dim(padEnd(name, 10))}${plain(value)}\n`
  const { traces, metrics, logs } = status.destinations
  const head = line('recording', `${status.enabled ? 'on' : 'off'} (${status.enabledBy})`)
  const where = status.enabled
    ? [
        line('traces', told(traces)),
        line('metrics', told(metrics)),
        line('logs', `${told(logs)}, from level ${status.level} on`),
      ]
    : []
  const sampled =
    status.sampler.endsWith('always_on') || status.sampler.endsWith('always_off')
      ? status.sampler
      : `${status.sampler}, ${status.probability} of all traces`
  return [
    head,
    line('service', status.service ?? 'not named: --service-name NAME'),
    ...where,
    ...(status.enabled ? [line('sampling', sampled), line('packages', status.packages.join(', '))] : []),
    findingLines(status.findings, terminal),
  ].join('')
}

function renderTraceTest(answer: TraceTestAnswer, terminal: Terminal): string {
  const { colors } = terminal
  const lines = answer.results.map(({ exporter, to, ok, how, problem, next, tookMs, traceId }) =>
    ok
      ? `${colors.green('✓')} ${plain(`${exporter} ${to}: ${how} after ${tookMs} ms`)}\n  ${colors.dim(`trace ${traceId}`)}\n`
      : `${colors.red('✗')} ${plain(`${exporter} ${to}: ${problem}`)}\n  ${plain(next ?? '')}\n`,
  )
  const nothing = answer.next === null ? '' : `${colors.red('✗')} ${plain(answer.next)}\n`
  return lines.join('') + nothing + findingLines(answer.findings, terminal)
}

const told = (destinations: readonly Destination[]): string =>
  destinations.length === 0
    ? 'nowhere'
    : destinations
        .map(
          ({ exporter, to, protocol }) =>
            `${exporter} ${to}${protocol === undefined ? '' : ` (${protocol})`}`,
        )
        .join(', ')

function renderChange({ file, written, overridden, status }: TraceChangeAnswer, terminal: Terminal): string {
  const { colors } = terminal
  const lines = written.map(({ key, value }) => `  ${plain(key)}: ${plain(String(value))}\n`)
  const other = overridden.map(
    ({ key, value, source }) =>
      `${colors.yellow('!')} ${plain(`${key} is ${shown(value)} all the same: ${source} decides`)}\n`,
  )
  return `${plain(file)} now says\n${lines.join('')}${other.join('')}\nA process that starts now:\n${renderTraceStatus(status, terminal)}`
}
