import type { AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import { formatCount, formatDuration, formatInteger, formatMoney, plural } from './format.ts'
import { table } from './table.ts'

type Figures = AnswerOf<'cost'>['total']
type Node = AnswerOf<'cost.task'>['tree']

const dash = (ms: number | null): string => (ms === null ? '-' : formatDuration(ms))
const unlessNone = (usd: number | null): string => (usd === null || usd === 0 ? '' : formatMoney(usd))

export function renderCost({ by, from, to, rows, total }: AnswerOf<'cost'>, terminal: Terminal): string {
  const days = [from === null ? '' : ` from ${from}`, to === null ? '' : ` to ${to}`].join('')
  if (rows.length === 0) return `No sessions${days}.\n`
  const drawn = table<Figures>(
    [
      { head: by.toUpperCase(), value: (r) => r.key, shrinkTo: 10 },
      { head: 'SESSIONS', align: 'right', value: (r) => formatInteger(r.sessions), drop: 5 },
      { head: 'CALLS', align: 'right', value: (r) => formatInteger(r.modelCalls), drop: 6 },
      { head: 'INPUT', align: 'right', value: (r) => formatCount(r.tokens.input) },
      { head: 'CACHED', align: 'right', value: (r) => formatCount(r.tokens.cacheRead), drop: 8 },
      { head: 'OUTPUT', align: 'right', value: (r) => formatCount(r.tokens.output) },
      { head: 'COST', align: 'right', value: (r) => formatMoney(r.costUsd) },
      { head: 'FAILED', align: 'right', value: (r) => unlessNone(r.causes.failed.costUsd), drop: 3 },
      { head: 'RETRIES', align: 'right', value: (r) => unlessNone(r.causes.retry.costUsd), drop: 3 },
      { head: 'COMPACTION', align: 'right', value: (r) => unlessNone(r.causes.compaction.costUsd), drop: 9 },
      { head: 'TIME', align: 'right', value: (r) => dash(r.time.totalMs), drop: 2 },
      { head: 'MODEL', align: 'right', value: (r) => formatDuration(r.time.modelMs), drop: 7 },
      { head: 'TOOLS', align: 'right', value: (r) => formatDuration(r.time.toolMs), drop: 7 },
      { head: 'WAITING', align: 'right', value: (r) => formatDuration(r.time.waitingMs), drop: 7 },
      {
        head: 'UNPRICED',
        align: 'right',
        value: (r) => (r.unpricedModelCalls === 0 ? '' : formatInteger(r.unpricedModelCalls)),
        drop: 1,
      },
    ],
    [...rows, total],
    terminal,
  )
  return `${drawn}${days === '' ? '' : `whole days in UTC${days}\n`}${unpriced(total)}`
}

const unpriced = ({ unpricedModelCalls }: Figures): string =>
  unpricedModelCalls === 0
    ? ''
    : `${plural(unpricedModelCalls, 'model call')} without a price or without tokens: COST leaves them out; prices of your own go to HOME/prices.json\n`

/** The chain of one task from the top, then where money and time went. */
export function renderTaskCost(answer: AnswerOf<'cost.task'>, terminal: Terminal): string {
  const { task, title, status, total, own, tree, omitted } = answer
  const { colors } = terminal
  const head =
    `${colors.bold(title ?? task)}  ${[title === null ? '' : task, status ?? ''].filter(Boolean).join(', ')}`.trimEnd()
  const lines = [...chain(tree, '', true)]
  const drawn = table(
    [
      { head: 'WHAT', indent: ({ branch }) => branch, value: ({ node }) => labelOf(node), shrinkTo: 24 },
      { head: 'OUTCOME', value: ({ node }) => wordOf(node), drop: 3 },
      {
        head: 'CALLS',
        align: 'right',
        value: ({ node }) => (node.modelCalls === null ? '' : formatInteger(node.modelCalls)),
        drop: 4,
      },
      { head: 'INPUT', align: 'right', value: ({ node }) => formatCount(node.tokens.input), drop: 2 },
      { head: 'OUTPUT', align: 'right', value: ({ node }) => formatCount(node.tokens.output), drop: 2 },
      { head: 'COST', align: 'right', value: ({ node }) => formatMoney(node.costUsd) },
      {
        head: 'TIME',
        align: 'right',
        value: ({ node }) => (node.figures === null ? '' : dash(node.figures.time.totalMs)),
        drop: 1,
      },
    ],
    lines,
    terminal,
    '  ',
  )
  const left =
    omitted === 0 ? '' : `  agents of ${plural(omitted, 'session')} not told apart: --limit N shows them\n`
  const beside = own.costUsd === total.costUsd ? '' : `  ${formatMoney(own.costUsd)} of it without subtasks\n`
  return `${head}\n\n${drawn}${left}${beside}\n${causes(total, terminal)}\n${activities(total)}${unpriced(total)}`
}

function* chain(node: Node, prefix: string, top: boolean): Generator<{ branch: string; node: Node }> {
  if (top) yield { branch: '', node }
  for (const [i, child] of node.children.entries()) {
    const last = i === node.children.length - 1
    yield { branch: `${prefix}${last ? '└─ ' : '├─ '}`, node: child }
    yield* chain(child, `${prefix}${last ? '   ' : '│  '}`, false)
  }
}

/** Ids of runs begin with the time: so much tells apart what began within a minute. */
const ID_SHOWN = 13

function labelOf({ kind, name, id }: Node): string {
  if (kind === 'attempt' || kind === 'sessions') return name
  if (kind === 'task') return `task ${id}`
  return kind === 'agent'
    ? `agent ${name}`
    : `${kind === 'session' ? 'session of ' : ''}${name} ${id.slice(0, ID_SHOWN)}`
}

const WORDS = { ok: 'ok', failed: 'failed', retry: 'ok, retried', open: 'open' } as const
const wordOf = ({ outcome }: Node): string => (outcome === null ? '' : WORDS[outcome])

const CAUSE_WORDS = [
  ['failed', 'failed work'],
  ['retry', 'retries'],
  ['compaction', 'compaction'],
  ['work', 'all other work'],
] as const

function causes(total: Figures, terminal: Terminal): string {
  return table(
    [
      { head: 'WHAT FOR', value: ({ word }) => word },
      { head: 'CALLS', align: 'right', value: ({ of }) => formatInteger(of.modelCalls) },
      { head: 'TOKENS', align: 'right', value: ({ of }) => formatCount(of.tokens) },
      { head: 'COST', align: 'right', value: ({ of }) => formatMoney(of.costUsd) },
      { head: 'TIME', align: 'right', value: ({ of }) => dash(of.timeMs) },
    ],
    CAUSE_WORDS.map(([cause, word]) => ({ word, of: total.causes[cause] })),
    terminal,
    '  ',
  )
}

function activities({ time }: Figures): string {
  const parts = [
    `model ${formatDuration(time.modelMs)}`,
    `tools ${formatDuration(time.toolMs)}`,
    `waiting for a person ${formatDuration(time.waitingMs)}`,
    `idle ${formatDuration(time.idleMs)}`,
  ]
  const overlap = (time.totalMs ?? 0) - (time.elapsedMs ?? 0)
  const atOnce =
    overlap > 0
      ? `  ${formatDuration(overlap)} of it at the same time as another session: ${dash(time.elapsedMs)} passed\n`
      : ''
  return `  ${dash(time.totalMs)} of sessions: ${parts.join(', ')}\n${atOnce}`
}
