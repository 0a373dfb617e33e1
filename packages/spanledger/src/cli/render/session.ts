import { plain, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatDateTime, formatDuration, formatInteger, formatMoney, plural } from './format.ts'
import { findingLines } from './findings.ts'
import { statusPaint } from './marks.ts'
import { table } from './table.ts'
import { displayWidth, fit, fitStart, padEnd, padStart } from './width.ts'

type Session = AnswerOf<'session'>
type Activity = Session['tree'][number]

/** `session show`: who and where, what it cost, where the time went, then everything it did. */
export function renderSession(session: Session, terminal: Terminal): string {
  return (
    [
      header(session, terminal),
      totals(session, terminal),
      time(session, terminal),
      costs(session, terminal),
      activities(session, terminal),
      notes(session, terminal),
    ]
      .filter((part) => part !== '')
      .join('\n\n') + '\n'
  )
}

function header(session: Session, { colors, columns }: Terminal): string {
  const agent = plain(`${session.agent} ${session.agentVersion ?? ''}`)
  const status = statusPaint(colors, session.status)(session.status)
  const end = session.endedAt === null ? 0 : Date.parse(session.endedAt) - Date.parse(session.startedAt)
  const facts: [string, string][] = [
    ['session', session.id],
    ['when', `${formatDateTime(session.startedAt)}, ${formatDuration(end)}`],
    ['where', session.workingDirectory ?? 'not told'],
    ...(session.branch === null ? [] : [['git', gitOf(session)] as [string, string]]),
    ...(session.task === null ? [] : [['task', session.task + surety(session, 'task')] as [string, string]]),
    ['model', session.models.length === 0 ? 'none' : session.models.join(', ')],
  ]
  const lines = facts.map(
    ([name, value]) => `  ${colors.dim(padEnd(name, 9))}${fit(plain(value), columns - 11)}`,
  )
  return [`${colors.bold(agent)}  ${status}`, ...lines].join('\n')
}

/** Nothing for what the agent itself told. */
function surety({ ties }: Session, field: Session['ties'][number]['fields'][number]): string {
  const tie = ties.find(({ fields }) => fields.includes(field))
  if (tie === undefined) return ''
  return tie.by === 'hand' ? ' (said by hand)' : ` (${Math.round(tie.confidence * 100)} % sure)`
}

const gitOf = (session: Session): string =>
  (session.repository === null ? `${session.branch}` : `${session.repository}, branch ${session.branch}`) +
  surety(session, 'branch')

function totals(session: Session, { colors, columns }: Terminal): string {
  const { tokens } = session
  const parts = [
    plural(session.prompts, 'prompt'),
    plural(session.modelCalls, 'model call') + failures(session.failedModelCalls),
    plural(session.toolCalls, 'tool call') + failures(session.failedToolCalls),
    ...(session.subagents > 0 ? [plural(session.subagents, 'subagent')] : []),
    ...(session.errors > 0 ? [plural(session.errors, 'error')] : []),
    ...(session.compactions > 0 ? [plural(session.compactions, 'compaction')] : []),
  ]
  const cached = tokens.cacheRead > 0 ? ` (${formatCount(tokens.cacheRead)} from cache)` : ''
  const reasoning = tokens.reasoning > 0 ? ` (${formatCount(tokens.reasoning)} reasoning)` : ''
  const unpriced =
    session.unpricedModelCalls > 0 ? ` + ${plural(session.unpricedModelCalls, 'call')} without a price` : ''
  const cost = session.costUsd === null ? 'no price known' : formatMoney(session.costUsd) + unpriced
  const spent = `${formatCount(tokens.input)} tokens in${cached}, ${formatCount(tokens.output)} out${reasoning}`
  return [...wrapped(parts.join(', '), columns), ...wrapped(`${spent}, ${cost}`, columns)]
    .map((line) => '  ' + colors.bold(line))
    .join('\n')
}

const failures = (failed: number): string => (failed > 0 ? ` (${failed} failed)` : '')

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || displayWidth(last) + displayWidth(word) + 3 > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** The parts differ by glyph as well as by colour. */
const TIME_PARTS = [
  { name: 'model', of: 'modelMs', glyph: '█', colour: 'cyan' },
  { name: 'tools', of: 'toolMs', glyph: '▓', colour: 'magenta' },
  { name: 'waiting', of: 'waitingMs', glyph: '▒', colour: 'yellow' },
  { name: 'idle', of: 'idleMs', glyph: '░', colour: 'gray' },
] as const

function time({ time: spent }: Session, { colors, columns }: Terminal): string {
  if (spent.totalMs <= 0) return ''
  const width = Math.min(columns - 4, 100)
  const shares = TIME_PARTS.map((part) => spent[part.of] / spent.totalMs)
  const widths = apportion(shares, width)
  const bar = TIME_PARTS.map((part, i) => colors[part.colour](part.glyph.repeat(widths[i]!))).join('')
  // Parts that took no time are not told.
  const legend = TIME_PARTS.flatMap((part, i) => {
    if (widths[i] === 0) return []
    return [
      `${colors[part.colour](part.glyph)} ${part.name} ${formatDuration(spent[part.of])} ${Math.round(shares[i]! * 100)}%`,
    ]
  })
  return [
    heading(`Where the time went: ${formatDuration(spent.totalMs)}`, colors),
    `  ${bar}`,
    ...packed(legend, columns),
  ].join('\n')
}

/** Items side by side, on as many lines as they need. */
function packed(items: readonly string[], columns: number): string[] {
  const lines: string[] = []
  for (const item of items) {
    const last = lines.at(-1)
    if (last === undefined || displayWidth(last) + displayWidth(item) + 3 > columns) lines.push(`  ${item}`)
    else lines[lines.length - 1] = `${last}   ${item}`
  }
  return lines
}

/** Whole columns that add up to `width`; a part that is there at all gets one. */
export function apportion(shares: readonly number[], width: number): number[] {
  const widths = shares.map((share) => (share > 0 ? Math.max(1, Math.floor(share * width)) : 0))
  const total = (): number => widths.reduce((sum, w) => sum + w, 0)
  const largest = widths.indexOf(Math.max(...widths))
  while (total() > width && widths[largest]! > 1) widths[largest]!--
  const byRest = shares
    .map((share, i) => ({ i, rest: share * width - widths[i]! }))
    .filter(({ i }) => shares[i]! > 0)
    .toSorted((a, b) => b.rest - a.rest)
  for (let next = 0; total() < width && byRest.length > 0; next++) widths[byRest[next % byRest.length]!.i]!++
  return widths
}

function costs(session: Session, terminal: Terminal): string {
  if (session.costByModel.length === 0) return ''
  const rows = table(
    [
      { head: 'MODEL', value: (row) => row.model, shrinkTo: 12 },
      { head: 'CALLS', align: 'right', value: (row) => String(row.modelCalls) },
      { head: 'INPUT', align: 'right', value: (row) => formatCount(row.tokens.input) },
      { head: 'FROM CACHE', align: 'right', value: (row) => formatCount(row.tokens.cacheRead), drop: 2 },
      { head: 'TO CACHE', align: 'right', value: (row) => formatCount(row.tokens.cacheWrite), drop: 2 },
      { head: 'OUTPUT', align: 'right', value: (row) => formatCount(row.tokens.output) },
      { head: 'COST', align: 'right', value: (row) => formatMoney(row.costUsd) },
    ],
    session.costByModel,
    terminal,
    '  ',
  )
  return `${heading('What it cost', terminal.colors)}\n${rows.trimEnd()}`
}

/** ` ~t`. */
const MARK_WIDTH = 3
/** Widths of the columns at the right: tokens in and out, money, duration. */
const TOKENS_WIDTH = 14
const COST_WIDTH = 8
const DURATION_WIDTH = 8

/** Beside the duration of what stands where it does for another reason than its spans. */
const INFERRED = { 'agent-id': 'i', 'tool-call': 'c', time: 't' } as const
const INFERRED_BY = { 'agent-id': 'agent id', 'tool-call': 'tool call', time: 'time' } as const

/** Only of sessions with subagents: where there is one agent, all is its. */
function inferredLegend(session: Session, terminal: Terminal): string[] {
  const found = new Set<NonNullable<Activity['inferred']>>()
  const look = (nodes: readonly Activity[]): void => {
    for (const { inferred, children } of nodes) {
      if (inferred) found.add(inferred)
      look(children)
    }
  }
  look(session.tree)
  if (session.subagents === 0 || found.size === 0) return []
  const marks = [...found].toSorted().map((by) => `~${INFERRED[by]} ${INFERRED_BY[by]}`)
  return [`  ${terminal.colors.dim(`~ whose it is was inferred, not told by spans: ${marks.join(', ')}`)}`]
}

function activities(session: Session, terminal: Terminal): string {
  const legend = inferredLegend(session, terminal)
  const marked = legend.length > 0
  const lines = [...activityLines(session.tree, '', { ...terminal, marked }, true)]
  const omitted =
    session.omitted > 0
      ? [
          `  ${terminal.colors.yellow(`${formatInteger(session.omitted)} more left out: --limit N shows them`)}`,
        ]
      : []
  return lines.length === 0
    ? ''
    : [heading('What happened', terminal.colors), ...lines, ...omitted, ...legend].join('\n')
}

function* activityLines(
  nodes: readonly Activity[],
  prefix: string,
  terminal: Terminal & { marked: boolean },
  top = false,
): Generator<string> {
  for (const [i, node] of nodes.entries()) {
    const last = i === nodes.length - 1
    const branch = top ? '' : last ? '└─ ' : '├─ '
    yield activityLine(node, prefix + branch, terminal)
    yield* activityLines(node.children, prefix + (top ? '' : last ? '   ' : '│  '), terminal)
  }
}

function activityLine(
  node: Activity,
  prefix: string,
  { colors, columns, marked }: Terminal & { marked: boolean },
): string {
  const wide = columns >= 100
  const right = [
    ...(wide
      ? [
          padStart(
            node.tokens === undefined
              ? ''
              : `${formatCount(node.tokens.input)} → ${formatCount(node.tokens.output)}`,
            TOKENS_WIDTH,
          ),
        ]
      : []),
    padStart(
      node.costUsd === undefined || node.costUsd === null ? '' : formatMoney(node.costUsd),
      COST_WIDTH,
    ),
    padStart(
      node.kind === 'error' || node.kind === 'compaction' ? '' : formatDuration(node.durationMs),
      DURATION_WIDTH,
    ),
  ].join(' ')
  const tree = `  ${fitStart(prefix, Math.floor(columns / 3))}`
  const left = columns - displayWidth(tree) - displayWidth(right) - 4 - (marked ? MARK_WIDTH : 0)
  const detail = node.detail === undefined ? '' : plain(node.detail)
  const name = fit(
    plain(node.name),
    Math.max(4, detail === '' ? left : Math.max(left - displayWidth(detail) - 2, Math.floor(left / 2))),
  )
  const rest = left - displayWidth(name) - 2
  const more = detail === '' || rest < 6 ? '' : '  ' + fit(detail, rest)
  const text = padEnd(paintName(node, name, colors) + colors.dim(more), left)
  const how = marked && node.inferred ? ` ~${INFERRED[node.inferred]}` : ''
  return `${colors.dim(tree)}${mark(node, colors)} ${text} ${colors.dim(right + how)}`.trimEnd()
}

function paintName(node: Activity, name: string, colors: Terminal['colors']): string {
  if (node.outcome === 'failed' || node.kind === 'error') return colors.red(name)
  if (node.kind === 'agent') return colors.bold(name)
  return node.kind === 'prompt' ? colors.italic(name) : name
}

function mark(node: Activity, colors: Terminal['colors']): string {
  switch (node.kind) {
    case 'agent':
      return colors.bold('●')
    case 'prompt':
      return colors.blue('›')
    case 'wait':
      return colors.yellow('…')
    case 'compaction':
      return colors.yellow('↓')
    case 'error':
      return colors.red('!')
    case 'modelCall':
      return node.outcome === 'failed' ? colors.red('✗') : colors.cyan('◆')
    case 'toolCall':
      return toolMark(node.outcome, colors)
  }
}

function toolMark(outcome: Activity['outcome'], colors: Terminal['colors']): string {
  if (outcome === 'ok') return colors.green('✓')
  if (outcome === 'unknown') return colors.dim('?')
  return colors.red(outcome === 'failed' ? '✗' : '⊘')
}

function notes(session: Session, { colors, columns }: Terminal): string {
  const all = [...findingLines(session), ...session.notes]
  if (all.length === 0) return ''
  const lines = all.flatMap((note) => {
    const [first = '', ...others] = wrapped(plain(note), columns - 2)
    return [`  - ${first}`, ...others.map((line) => `    ${line}`)]
  })
  return [heading('Notes', colors), ...lines].join('\n')
}

const heading = (text: string, colors: Terminal['colors']): string => `  ${colors.underline(text)}`
