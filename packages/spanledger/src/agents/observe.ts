import {
  type LogLine,
  type MetricLine,
  type OriginLine,
  plainAttributes,
  type PointLine,
  type SpanLine,
  type UnixNano,
} from '@spanledger/sdk/model'
import { uuidFrom } from '@spanledger/sdk/platform'
import type { Rule, TokenNames } from './mapping.ts'
import { inputHash, outputHash } from './fingerprint.ts'
import { commandIn, flagOf, numberOf, textOf, valueOf } from './read.ts'
import { readerOf, type Reader } from './registry.ts'
import type { ObservedFields, ObservedTokens, Observation, SessionEvent } from './vocabulary.ts'

/** One ledger record with the definitions it refers to. */
export type Observed =
  | { kind: 'span'; record: SpanLine; origin: OriginLine }
  | { kind: 'log'; record: LogLine; origin: OriginLine }
  | { kind: 'point'; record: PointLine; origin: OriginLine; metric?: MetricLine }

/** Longer texts are cut in events: the whole stands in the record they came from. */
const TEXT_MAX = 2_000

/** An id longer than this is no session's: stream names have to stay readable. */
const SESSION_ID_MAX = 200

const NUMBERS: readonly (keyof ObservedFields)[] = [
  'durationMs',
  'timeToFirstTokenMs',
  'statusCode',
  'exitCode',
  'attempt',
  'reportedCostUsd',
  'inputBytes',
  'outputBytes',
]
/** Claude Code and Gemini say reject, Codex denied, abort or timed_out. */
const REJECTED = /^(reject|denied|deny|abort|timed_out|cancel)/
const FLAGS: readonly (keyof ObservedFields)[] = ['success', 'isError']

/**
 * The domain events one record of an agent's telemetry tells; none for a record that tells nothing, or that no rule names.
 *
 * Pure and stateless: the same record gives the same events with the same ids, so appending them twice changes nothing.
 * Metric points tell sums over many calls and make no events.
 */
export function observe(observed: Observed): SessionEvent[] {
  if (observed.kind === 'point') return []
  const reader = readerOf(observed.origin)
  const plain = withPlainAttributes(observed)
  const name = plain.kind === 'span' ? plain.record.name : reader.logName(plain.record)
  if (name === undefined) return []
  const events: SessionEvent[] = []
  for (const rule of reader.rulesFor(observed.kind, name)) {
    const event = eventOf(rule, plain, name, reader)
    if (event === undefined) continue
    const id = uuidFrom(event.event, event.data.session, identityOf(observed.record))
    events.push({ ...event, id })
  }
  return events
}

function applies(rule: Rule, record: SpanLine | LogLine): boolean {
  const attrs = record.attrs
  if (rule.has && !rule.has.some((name) => attrs?.[name] !== undefined)) return false
  for (const name in rule.when) if (!rule.when[name]!.includes(textOf(attrs?.[name]) ?? '')) return false
  return true
}

type ObservedRecord = Exclude<Observed, { kind: 'point' }>

/** Most are as they are. */
function withPlainAttributes(observed: ObservedRecord): ObservedRecord {
  const { record } = observed
  const attrs = plainAttributes(record.attrs)
  if (attrs === undefined || attrs === record.attrs) return observed
  return { ...observed, record: { ...record, attrs } } as ObservedRecord
}

/** What one rule makes of a record that has its name, but for its id. */
export function eventOf(
  rule: Rule,
  observed: ObservedRecord,
  name: string,
  reader: Reader,
): Omit<SessionEvent, 'id'> | undefined {
  const { record } = observed
  if (!applies(rule, record)) return undefined
  const fallback = reader.traceIsSession && record.trace !== undefined ? `trace-${record.trace}` : ''
  let observation: Observation | undefined = {
    session: textOf(valueOf(record.attrs, rule.session ?? reader.mapping.session)) ?? fallback,
    agent: reader.agent,
    source: `${observed.kind}:${sourceName(rule, record, name)}`,
    rank: rule.rank,
  }
  if (reader.agentVersion !== undefined) observation.agentVersion = reader.agentVersion
  if (rule.counts) observation.counts = rule.counts
  readFields(observation, rule, record)
  readOrigin(observation, observed.origin)
  readTimes(observation, record)
  readContext(observation, rule, record)
  if (rule.tokens) {
    const tokens = tokensOf(rule.tokens, record)
    if (tokens) observation.tokens = tokens
  }
  if (rule.refine) observation = rule.refine(observation, record)
  if (!observation || observation.session === '' || observation.session.length > SESSION_ID_MAX)
    return undefined
  readOutcome(observation, rule, record)
  // An accepted call tells of itself when it runs; a rejected one is only ever told by the decision.
  if (rule.event === 'SessionToolDecided' && observation.outcome !== 'rejected') observation.counts = 'never'
  return {
    event: rule.event,
    stream: `session-${observation.session}`,
    time: timeOf(record),
    data: observation,
  }
}

/** The span `chat gpt-x` is one source whatever the model. */
const sourceName = (rule: Rule, record: SpanLine | LogLine, name: string): string =>
  rule.when?.['gen_ai.operation.name'] ? (textOf(record.attrs?.['gen_ai.operation.name']) ?? name) : name

/** A span is its ids; a log record has none and is all it says. */
const identityOf = (record: SpanLine | LogLine): string =>
  'span' in record && 'start' in record
    ? `span ${record.trace} ${record.span}`
    : `log ${JSON.stringify(record)}`

function readFields(observation: Observation, rule: Rule, record: SpanLine | LogLine): void {
  const target = observation as unknown as Record<string, unknown>
  for (const [field, from] of Object.entries(rule.fields ?? {})) {
    const value = valueOf(record.attrs, from)
    const read = NUMBERS.includes(field as keyof ObservedFields)
      ? numberOf(value)
      : FLAGS.includes(field as keyof ObservedFields)
        ? flagOf(value)
        : textOf(value)?.slice(0, TEXT_MAX)
    if (read !== undefined) target[field] = read
  }
  const args = rule.arguments && valueOf(record.attrs, rule.arguments)
  const command = commandIn(args)
  if (command) observation.command = command.slice(0, TEXT_MAX)
  const [input, output] = [inputHash(args), rule.result && outputHash(valueOf(record.attrs, rule.result))]
  if (input !== undefined) observation.inputHash = input
  if (output !== undefined) observation.outputHash = output
}

/** What `spanledger run` puts on the resource. */
const TIES = [
  ['run', 'spanledger.run.id'],
  ['task', 'spanledger.task.id'],
  ['repository', 'vcs.repository.name'],
  ['branch', 'vcs.ref.head.name'],
  ['worktree', 'spanledger.worktree'],
] as const

function readOrigin(observation: Observation, origin: OriginLine): void {
  const attrs = plainAttributes(origin.resource?.attrs)
  const directory = textOf(attrs?.['process.working_directory'])
  if (directory !== undefined) observation.workingDirectory ??= directory
  for (const [field, attribute] of TIES) {
    const value = textOf(attrs?.[attribute])
    if (value !== undefined) observation[field] = value.slice(0, SESSION_ID_MAX)
  }
}

const isSpan = (record: SpanLine | LogLine): record is SpanLine => 'start' in record

function timeOf(record: SpanLine | LogLine): UnixNano {
  if (isSpan(record)) return record.start
  if (record.log !== '0') return record.log
  if (record.observed !== undefined) return record.observed
  const told = Date.parse(textOf(record.attrs?.['event.timestamp']) ?? '')
  return Number.isNaN(told) ? '0' : `${told}000000`
}

/** A log is written when the thing it tells is over; with a duration it tells the start too. */
function readTimes(observation: Observation, record: SpanLine | LogLine): void {
  if (isSpan(record)) {
    observation.startUnixNano = record.start
    observation.endUnixNano = record.end ?? String(BigInt(record.start) + BigInt(record.ns ?? 0))
    return
  }
  const end = timeOf(record)
  if (end === '0') return
  observation.endUnixNano = end
  const ms = observation.durationMs
  observation.startUnixNano = ms === undefined ? end : String(BigInt(end) - BigInt(Math.round(ms * 1e6)))
}

function readContext(observation: Observation, rule: Rule, record: SpanLine | LogLine): void {
  const keys: string[] = []
  if (record.trace !== undefined) observation.trace = record.trace
  const parent = isSpan(record) ? record.parent : rule.context === 'self' ? undefined : record.span
  if (parent !== undefined) observation.parentSpan = parent
  if (record.span !== undefined && (isSpan(record) || rule.context === 'self')) {
    observation.span = record.span
    keys.push(`span:${record.trace}/${record.span}`)
  }
  if (observation.requestId !== undefined) keys.push(`request:${observation.requestId}`)
  if (observation.toolUseId !== undefined) keys.push(`tool:${observation.toolUseId}`)
  if (keys.length > 0) observation.keys = keys
}

function readOutcome(observation: Observation, rule: Rule, record: SpanLine | LogLine): void {
  const spanFailed = isSpan(record) && record.status === 'error'
  if (spanFailed && observation.error === undefined) {
    const thrown = record.events?.find((event) => event.name === 'exception')?.attrs
    const error = record.message ?? textOf(plainAttributes(thrown)?.['exception.message'])
    if (error !== undefined) observation.error = error.slice(0, TEXT_MAX)
  }
  if (observation.outcome) return
  if (observation.decision !== undefined && REJECTED.test(observation.decision)) {
    observation.outcome = 'rejected'
    return
  }
  const failed =
    spanFailed ||
    observation.success === false ||
    observation.isError === true ||
    (observation.exitCode ?? 0) !== 0 ||
    (observation.statusCode ?? 0) >= 400
  if (failed) observation.outcome = 'failed'
  else if (rule.outcome) observation.outcome = rule.outcome
  else if (observation.success === true || (isSpan(record) && rule.rank > 1)) observation.outcome = 'ok'
}

function tokensOf(names: TokenNames, record: SpanLine | LogLine): ObservedTokens | undefined {
  const tokens: ObservedTokens = {}
  for (const part of ['input', 'output', 'cacheRead', 'cacheWrite', 'reasoning'] as const) {
    const found = (names[part] ?? [])
      .map((from) => numberOf(valueOf(record.attrs, from)))
      .filter((n) => n !== undefined)
    if (found.length > 0) tokens[part] = found.reduce((sum, n) => sum + n, 0)
  }
  if (tokens.input === undefined && tokens.output === undefined) return undefined
  // A part cannot exceed the whole: this sender reports cached tokens beside input.
  const cached = (tokens.cacheRead ?? 0) + (tokens.cacheWrite ?? 0)
  if (tokens.input !== undefined && cached > tokens.input) tokens.input += cached
  return tokens
}
