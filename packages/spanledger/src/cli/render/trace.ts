import { plain, type TraceAnswer, type TraceSpan } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatDateTime, formatDuration, plural } from './format.ts'
import { displayWidth, fit, fitStart, padEnd, padStart } from './width.ts'

const DURATION_WIDTH = 8
const BAR_MIN = 16

/** `trace show`: a waterfall. Left the tree of names, right a bar from start to end, then the duration and a mark for errors. */
export function renderTrace(trace: TraceAnswer, terminal: Terminal): string {
  return (
    [header(trace, terminal), '', ...waterfall(trace, terminal), ...left(trace, terminal)].join('\n') + '\n'
  )
}

function header(trace: TraceAnswer, { colors, columns }: Terminal): string {
  const root = trace.spans.find((span) => span.missing === undefined)
  const errors = trace.errors === 0 ? 'no errors' : colors.red(plural(trace.errors, 'error'))
  const services = trace.services.map(plain).join(', ')
  return [
    colors.bold(fit(plain(root?.name ?? trace.traceId), columns)),
    `  ${colors.dim('trace    ')}${trace.traceId}`,
    `  ${colors.dim('when     ')}${formatDateTime(trace.startedAt)}, ${formatDuration(trace.durationMs)}`,
    `  ${colors.dim('spans    ')}${plural(trace.spanCount, 'span')}, ${errors}`,
    ...(services === '' ? [] : [`  ${colors.dim('services ')}${fit(services, columns - 11)}`]),
  ].join('\n')
}

function waterfall({ spans, durationMs }: TraceAnswer, terminal: Terminal): string[] {
  const { columns } = terminal
  const prefixes = treePrefixes(spans)
  const labels = spans.map((span) => label(span))
  const widest = labels.reduce(
    (max, text, i) => Math.max(max, displayWidth(prefixes[i]!) + displayWidth(text)),
    0,
  )
  const names = Math.min(widest, columns - BAR_MIN - DURATION_WIDTH - 8, Math.floor(columns * 0.55))
  const bar = columns - names - DURATION_WIDTH - 7
  return spans.map((span, i) => line(span, prefixes[i]!, labels[i]!, { names, bar, durationMs }, terminal))
}

const label = (span: TraceSpan): string => {
  if (span.missing) return `missing parent ${span.spanId}`
  const service = span.service === null ? '' : ` · ${plain(span.service)}`
  return plain(span.name) + service
}

interface Layout {
  names: number
  bar: number
  durationMs: number
}

function line(span: TraceSpan, prefix: string, text: string, layout: Layout, { colors }: Terminal): string {
  const failed = span.status === 'error'
  // A chain of parents can be deeper than the screen is wide: the name keeps at least half of the room.
  const indent = fitStart(prefix, Math.floor(layout.names / 2))
  const name = padEnd(fit(text, layout.names - displayWidth(indent)), layout.names - displayWidth(indent))
  const shown = colors.dim(indent) + (span.missing ? colors.yellow(name) : failed ? colors.red(name) : name)
  if (span.missing) return `  ${shown}`.trimEnd()
  const { before, length } = barOf(span, layout)
  const bar = ' '.repeat(before) + '━'.repeat(length) + ' '.repeat(layout.bar - before - length)
  const mark = failed ? colors.red(' ✗') : ''
  return `  ${shown} ${(failed ? colors.red : colors.cyan)(bar)} ${padStart(formatDuration(span.durationMs), DURATION_WIDTH)}${mark}`
}

function barOf(span: TraceSpan, { bar, durationMs }: Layout): { before: number; length: number } {
  if (durationMs <= 0) return { before: 0, length: 1 }
  const before = Math.min(bar - 1, Math.floor((span.offsetMs / durationMs) * bar))
  const length = Math.max(1, Math.min(bar - before, Math.round((span.durationMs / durationMs) * bar)))
  return { before, length }
}

/** The lines of the tree before each name, from the depths alone. */
function treePrefixes(spans: readonly TraceSpan[]): string[] {
  const prefixes: string[] = []
  /** Whether a later sibling follows, by depth; filled from the end. */
  const follows: boolean[] = []
  for (let i = spans.length - 1; i >= 0; i--) {
    const { depth } = spans[i]!
    follows.length = depth + 1
    let prefix = ''
    for (let level = 1; level < depth; level++) prefix += follows[level] === true ? '│ ' : '  '
    if (depth > 0) prefix += follows[depth] === true ? '├ ' : '└ '
    follows[depth] = true
    prefixes[i] = prefix
  }
  return prefixes
}

function left(trace: TraceAnswer, { colors }: Terminal): string[] {
  const lines: string[] = []
  if (trace.cut) lines.push(`${plural(trace.omitted, 'more span')} left out: --limit N shows them`)
  if (trace.duplicates > 0) lines.push(`${plural(trace.duplicates, 'duplicate')} of these spans shown once`)
  if (trace.damaged > 0)
    lines.push(`${plural(trace.damaged, 'damaged line')} left out: see spanledger verify`)
  return lines.length === 0 ? [] : ['', ...lines.map((text) => `  ${colors.yellow(text)}`)]
}
