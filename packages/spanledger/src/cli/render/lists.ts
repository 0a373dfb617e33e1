import { plain, plainLines, type AnswerOf } from '../../query/index.ts'
import type { Terminal } from '../terminal.ts'
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatInteger,
  formatNumber,
  formatWhen,
  plural,
} from './format.ts'
import { table, type TableColumn } from './table.ts'
import { displayWidth, fit, padEnd } from './width.ts'

export function renderTraces(answer: AnswerOf<'traces'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No traces.\n'
  return table(
    [
      { head: 'TRACE', value: (t) => t.traceId.slice(0, 12) },
      { head: 'NAME', value: (t) => t.name, shrinkTo: 12 },
      { head: 'SERVICE', value: (t) => t.service ?? '', shrinkTo: 8, drop: 2 },
      { head: 'STARTED', value: (t) => formatWhen(t.startedAt, terminal.nowMs), drop: 1 },
      { head: 'TOOK', align: 'right', value: (t) => formatDuration(t.durationMs) },
      { head: 'SPANS', align: 'right', value: (t) => formatInteger(t.spans), drop: 3 },
      {
        head: 'ERRORS',
        align: 'right',
        value: (t) => (t.errors === 0 ? '' : formatInteger(t.errors)),
        paint: (text) => terminal.colors.red(text),
      },
    ],
    answer.rows,
    terminal,
  )
}

type LogRow = AnswerOf<'logs'>['rows'][number]

export function renderLogs(answer: AnswerOf<'logs'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No log records.\n'
  const { colors, columns } = terminal
  const services = Math.min(
    20,
    Math.max(...answer.rows.map((row) => displayWidth(plain(row.service ?? '-')))),
  )
  return (
    answer.rows
      .map((row) => {
        const level = padEnd(fit(plain(levelOf(row)), 5), 5)
        const service = padEnd(fit(plain(row.service ?? '-'), services), services)
        const before = `${row.time === null ? '--:--:--.---' : formatClock(row.time)} `
        const room = columns - displayWidth(before) - 7 - services
        return `${colors.dim(before)}${levelPaint(row, colors)(level)} ${service} ${fit(plain(messageOf(row)), Math.max(20, room))}`
      })
      .join('\n') + '\n'
  )
}

const NAMES = ['trace', 'debug', 'info', 'warn', 'error', 'fatal']

const levelOf = (row: LogRow): string =>
  row.severity === null
    ? (row.level ?? '')
    : (NAMES[Math.floor((row.severity - 1) / 4)] ?? String(row.severity))

const levelPaint = (row: LogRow, colors: Terminal['colors']): ((text: string) => string) => {
  const severity = row.severity ?? 0
  return severity >= 17 ? colors.red : severity >= 13 ? colors.yellow : colors.dim
}

const EVENT_NAME: ReadonlyMap<string, unknown> = new Map([['event.name', '']])

/** Name, body, then the attributes: many senders put everything into those. */
function messageOf({ eventName, body, attributes }: LogRow): string {
  const name = eventName !== null && body?.includes(eventName) !== true ? [eventName] : []
  return [...name, ...(body === null ? [] : [body]), pairs(attributes, EVENT_NAME)].join(' ').trimEnd()
}

export function renderOperations(answer: AnswerOf<'operations'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No operations.\n'
  return table(
    [
      { head: 'OPERATION', value: (o) => o.name, shrinkTo: 24 },
      { head: 'SERVICE', value: (o) => o.service ?? '', shrinkTo: 8 },
      { head: 'KIND', value: (o) => o.kind, drop: 1 },
      { head: 'CALLS', align: 'right', value: (o) => formatCount(o.calls) },
      {
        head: 'A SECOND',
        align: 'right',
        value: (o) => (o.perSecond === null ? '-' : formatNumber(Number(o.perSecond.toPrecision(3)))),
        drop: 2,
      },
      { head: 'ERRORS', align: 'right', value: (o) => formatInteger(o.errors) },
      { head: 'P50', align: 'right', value: (o) => formatDuration(o.p50Ms), drop: 3 },
      { head: 'P95', align: 'right', value: (o) => formatDuration(o.p95Ms) },
      { head: 'P99', align: 'right', value: (o) => formatDuration(o.p99Ms), drop: 4 },
    ],
    answer.rows,
    terminal,
  )
}

export function renderMetrics(answer: AnswerOf<'metrics'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No metrics.\n'
  return table(
    [
      // The name is what to ask on with: whole, before anything else.
      { head: 'METRIC', value: (m) => m.name, shrinkTo: 56 },
      { head: 'TYPE', value: (m) => m.type ?? '?', drop: 2 },
      { head: 'UNIT', value: (m) => m.unit ?? '', shrinkTo: 6, drop: 1 },
      { head: 'SERIES', align: 'right', value: (m) => formatInteger(m.series) },
      { head: 'POINTS', align: 'right', value: (m) => formatCount(m.points), drop: 4 },
      { head: 'VALUE', align: 'right', value: (m) => number(m.value) },
      {
        head: 'LAST TIME',
        value: (m) => (m.lastTime === null ? '-' : formatWhen(m.lastTime, terminal.nowMs)),
        drop: 3,
      },
    ],
    answer.rows,
    terminal,
  )
}

type MetricSeries = AnswerOf<'metric'>['rows'][number]

export function renderMetric(answer: AnswerOf<'metric'>, terminal: Terminal): string {
  const [first] = answer.rows
  const about = [first?.type, first?.temporality, first?.unit].filter(
    (part) => part !== null && part !== undefined && part !== '',
  )
  const shared = sharedAttributes(answer.rows)
  const isDistribution = answer.rows.some((row) => row.count !== null)
  const rows = table<MetricSeries>(
    [
      { head: 'SERVICE', value: (s) => s.service ?? '-', shrinkTo: 8 },
      { head: 'ATTRIBUTES', value: (s) => pairs(s.attributes, shared), shrinkTo: 20 },
      ...(isDistribution
        ? distribution
        : [
            {
              head: first?.temporality === 'delta' ? 'SUM' : 'VALUE',
              align: 'right' as const,
              value: (s: MetricSeries) => number(s.value),
            },
          ]),
      { head: 'POINTS', align: 'right', value: (s) => formatCount(s.points), drop: 1 },
      {
        head: 'LAST TIME',
        value: (s) => (s.lastTime === null ? '-' : formatWhen(s.lastTime, terminal.nowMs)),
      },
    ],
    answer.rows,
    terminal,
  )
  const head = `${terminal.colors.bold(plain(answer.name))}  ${terminal.colors.dim(plain(about.join(', ')))}\n`
  const common = [...shared].map(
    ([key, value]) => `  ${terminal.colors.dim(fit(plain(pair(key, value)), terminal.columns - 2))}\n`,
  )
  return `${head}${common.join('')}${rows}`
}

/** Attributes with one value in all of several series: told once, so that what tells them apart has room. */
function sharedAttributes([first, ...others]: readonly MetricSeries[]): Map<string, unknown> {
  if (first === undefined || others.length === 0) return new Map()
  const same = (key: string): boolean =>
    others.every(
      ({ attributes }) => JSON.stringify(attributes[key]) === JSON.stringify(first.attributes[key]),
    )
  return new Map(Object.entries(first.attributes).filter(([key]) => same(key)))
}

const number = (value: number | null): string => (value === null ? '-' : formatNumber(Number(value)))

const distribution: TableColumn<MetricSeries>[] = [
  { head: 'COUNT', align: 'right', value: (s) => number(s.count) },
  {
    head: 'MEAN',
    align: 'right',
    value: (s) => (s.count === null || s.sum === null || s.count === 0 ? '-' : formatNumber(s.sum / s.count)),
  },
  { head: 'MIN', align: 'right', value: (s) => number(s.min), drop: 2 },
  { head: 'MAX', align: 'right', value: (s) => number(s.max), drop: 2 },
]

const pair = (key: string, value: unknown): string =>
  `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`

const pairs = (attributes: Record<string, unknown>, without?: ReadonlyMap<string, unknown>): string =>
  Object.entries(attributes)
    .filter(([key]) => without?.has(key) !== true)
    .map(([key, value]) => pair(key, value))
    .join(' ')

/** What is told later than this after it happened came by another way: a resend, a transcript, an import. */
const LATE_MS = 10_000
const msOf = (nanos: string): number => Number(BigInt(nanos) / 1_000_000n)
const isLate = ({ time, recorded }: AnswerOf<'events'>['rows'][number]): boolean =>
  recorded !== undefined && Math.abs(msOf(recorded) - msOf(time)) > LATE_MS

export function renderEvents(answer: AnswerOf<'events'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No events.\n'
  return table(
    [
      { head: 'POSITION', align: 'right', value: (e) => String(e.position) },
      {
        head: 'TIME',
        value: (e) => formatWhen(new Date(msOf(e.time)).toISOString(), terminal.nowMs),
      },
      ...(answer.rows.some(isLate)
        ? [
            {
              head: 'RECORDED',
              value: (e: AnswerOf<'events'>['rows'][number]) =>
                isLate(e) ? formatWhen(new Date(msOf(e.recorded!)).toISOString(), terminal.nowMs) : '',
              drop: 1,
            },
          ]
        : []),
      { head: 'TYPE', value: (e) => e.event, shrinkTo: 16 },
      { head: 'STREAM', value: (e) => e.stream, shrinkTo: 14 },
      {
        head: 'DATA',
        value: (e) => JSON.stringify(e.data),
        shrinkTo: 10,
        paint: (text) => terminal.colors.dim(text),
      },
    ],
    answer.rows,
    terminal,
  )
}

export function renderEventStats(answer: AnswerOf<'events.stats'>, terminal: Terminal): string {
  const head = `${plural(answer.events, 'event')} in ${plural(answer.streams, 'stream')}, last position ${answer.lastPosition}\n`
  if (answer.types.length === 0) return head
  return (
    head +
    '\n' +
    table(
      [
        { head: 'TYPE', value: (t) => t.type, shrinkTo: 16 },
        { head: 'EVENTS', align: 'right', value: (t) => formatInteger(t.events) },
        { head: 'STREAMS', align: 'right', value: (t) => formatInteger(t.streams) },
        { head: 'FIRST', value: (t) => formatWhen(t.firstTime, terminal.nowMs) },
        { head: 'LAST', value: (t) => formatWhen(t.lastTime, terminal.nowMs) },
      ],
      answer.types,
      terminal,
    )
  )
}

export function renderSql(answer: AnswerOf<'sql'>, terminal: Terminal): string {
  if (answer.rows.length === 0) return 'No rows.\n'
  // A plan is a drawing of many lines.
  if (answer.columns[0]?.name === 'explain_key')
    return answer.rows.map((row) => plainLines(sqlCell(row['explain_value'])).trimEnd() + '\n').join('')
  return table(
    answer.columns.map(({ name, type }) => ({
      head: plain(name),
      value: (row: Record<string, unknown>) => sqlCell(row[name]),
      // The beginning of a number is another number.
      ...(NUMBERS.test(type) ? { align: 'right' as const, shrinkTo: NUMBER_COLUMNS } : { shrinkTo: 8 }),
    })),
    answer.rows,
    terminal,
  )
}

const NUMBERS = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*\))$/
/** The longest integer of 64 bits. */
const NUMBER_COLUMNS = 20

const sqlCell = (value: unknown): string =>
  value === null || value === undefined
    ? '-'
    : typeof value === 'object'
      ? JSON.stringify(value)
      : String(value)

export function renderStatus(answer: AnswerOf<'status'>, terminal: Terminal): string {
  const { colors } = terminal
  const { daemon } = answer
  const ports =
    daemon === null
      ? []
      : [
          ['OTLP/HTTP', daemon.otlpHttpPort],
          ['OTLP/gRPC', daemon.otlpGrpcPort],
          ['questions', daemon.port],
        ]
  const running =
    daemon === null
      ? 'not running: spanledger up starts one'
      : `process ${daemon.pid}, ${ports
          .filter(([, port]) => port !== undefined)
          .map(([name, port]) => `${name} ${port}`)
          .join(', ')}`
  const head = [
    ['home', plain(answer.home) + (answer.writable ? '' : ' (read-only)')],
    ['format', `${answer.format}, written by ${plural(answer.writers, 'process', 'processes')}`],
    ['daemon', running],
    ...(daemon?.received === undefined ? [] : [['received', receivedLine(daemon.received)]]),
  ].map(([name, value]) => `${colors.dim(padEnd(name!, 10))}${value}`)
  const kinds = table(
    [
      { head: 'KIND', value: (k) => k.kind },
      { head: 'SEGMENTS', align: 'right', value: (k) => formatInteger(k.segments) },
      { head: 'SEALED', align: 'right', value: (k) => formatInteger(k.sealed) },
      { head: 'SIZE', align: 'right', value: (k) => formatBytes(k.bytes) },
      { head: 'ON DISK', align: 'right', value: (k) => formatBytes(k.storedBytes) },
      {
        head: 'LAST WRITTEN',
        value: (k) => (k.lastWrittenAt === null ? '-' : formatWhen(k.lastWrittenAt, terminal.nowMs)),
      },
    ],
    answer.kinds,
    terminal,
  )
  const warnings = answer.warnings.map((warning) => `\n${colors.yellow('!')} ${plain(warning)}`).join('')
  return `${head.join('\n')}\n\n${kinds}${warnings}${warnings === '' ? '' : '\n'}`
}

function receivedLine(received: NonNullable<NonNullable<AnswerOf<'status'>['daemon']>['received']>): string {
  const { requests, spans, logs, metrics, redacted, rejected, malformed } = received
  const kept = `${plural(spans, 'span')}, ${plural(logs, 'log')}, ${plural(metrics, 'point')} in ${plural(requests, 'request')}`
  const refused =
    rejected + malformed === 0
      ? ''
      : `, refused ${plural(rejected, 'record')} and ${plural(malformed, 'request')}`
  return `${kept}, redacted ${plural(redacted, 'secret')}${refused}`
}
