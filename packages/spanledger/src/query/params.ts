import * as v from 'valibot'
import { refusal, type Refusal } from './refusal.ts'
import { DURATION_FORMS, parseDuration, parseTime, TIME_FORMS, zonedTime } from './times.ts'

/**
 * The building blocks of a query's parameters. Each is a valibot schema that takes what a command line or a URL can say
 * (text) as well as JSON, and carries its own help: the CLI's options, the HTTP API's errors and the documentation are
 * derived from it.
 */
export interface ParamHelp {
  /** What stands for the value in help: `--since TIME`. */
  value?: string
  /** Given by place instead of by name; the number orders them. */
  place?: number
  /** May be given more than once. */
  many?: boolean
  /** The only values there are. */
  choices?: readonly string[]
  /** It says when. */
  isTime?: true
}

export interface ParamInfo extends ParamHelp {
  name: string
  summary: string
  required: boolean
  default: unknown
}

const LIMIT_MAX = 1_000_000

/** Every schema below carries this as its metadata. */
const about = (summary: string, help: ParamHelp): { help: ParamHelp & { summary: string } } => ({
  help: { summary, ...help },
})

export const text = (summary: string, value: string, place?: number) =>
  v.pipe(
    v.string(),
    v.minLength(1, 'must not be empty'),
    v.maxLength(100_000, 'is longer than 100,000 characters'),
    v.metadata(about(summary, { value, ...(place === undefined ? {} : { place }) })),
  )

export const texts = (summary: string, value: string, place?: number) =>
  v.pipe(
    v.union([v.array(v.string()), v.string()]),
    v.transform((given) => (typeof given === 'string' ? [given] : given)),
    v.metadata(about(summary, { value, many: true, ...(place === undefined ? {} : { place }) })),
  )

export const choice = <const T extends readonly [string, ...string[]]>(
  summary: string,
  value: string,
  of: T,
  place?: number,
) =>
  v.pipe(
    v.picklist(of, `must be one of ${of.join(', ')}`),
    v.metadata(about(summary, { value, choices: of, ...(place === undefined ? {} : { place }) })),
  )

/** Text that `parseTime` reads, or `+DURATION`, whose beginning only the query knows. */
export const moment = (summary: string) =>
  v.pipe(
    v.string(),
    v.check(
      (given) => (given.startsWith('+') ? parseDuration(given.slice(1)) : parseTime(given, 0)) !== undefined,
      `is no time: ${TIME_FORMS}, +1m (after the session began)`,
    ),
    v.metadata(about(summary, { value: 'TIME', isTime: true })),
  )

export const factor = (summary: string) =>
  v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d+(\.\d+)?$/), v.transform(Number))],
      'must be a number',
    ),
    v.minValue(0.001, 'must be at least 0.001'),
    v.maxValue(1e9, 'must be at most 1,000,000,000'),
    v.metadata(about(summary, { value: 'N' })),
  )

/** Text that `parseTime` reads; it stays text, since only the query knows what time it is. */
export const time = (summary: string) =>
  v.pipe(
    v.string(),
    v.check((given) => parseTime(given, 0) !== undefined, `is no time: ${TIME_FORMS}`),
    v.metadata(about(summary, { value: 'TIME', isTime: true })),
  )

export const since = v.optional(time('only what happened since then'))
export const until = v.optional(time('only what happened before then'))

/** Given or not; in an address `true` or nothing behind the name. */
export const flag = (summary: string) =>
  v.optional(
    v.pipe(
      v.union([v.boolean(), v.picklist(['true', 'false', ''])], 'must be true or false'),
      v.transform((given) => given === true || given === 'true' || given === ''),
      v.metadata(about(summary, {})),
    ),
  )

/** A duration as nanoseconds. */
export const duration = (summary: string) =>
  v.pipe(
    v.string(),
    v.check((given) => parseDuration(given) !== undefined, `is no duration: ${DURATION_FORMS}`),
    v.transform((given) => parseDuration(given)!),
    v.metadata(about(summary, { value: 'DURATION' })),
  )

export const wholeNumber = (summary: string) =>
  v.pipe(
    v.union(
      [v.number(), v.pipe(v.string(), v.regex(/^\d{1,20}$/), v.transform(Number))],
      'must be a whole number',
    ),
    v.integer('must be a whole number'),
    v.minValue(1, 'must be at least 1'),
    v.maxValue(Number.MAX_SAFE_INTEGER, 'is too large'),
    v.metadata(about(summary, { value: 'N' })),
  )

/** How much at most; an answer that was cut there says so. */
export const limit = (fallback: number, of: string) =>
  v.optional(
    v.pipe(wholeNumber(`at most so many ${of}`), v.maxValue(LIMIT_MAX, `must be at most ${LIMIT_MAX}`)),
    fallback,
  )

// oxlint-disable-next-line typescript/no-explicit-any -- valibot's own bound for "any entries"
export type ParamsSchema = v.StrictObjectSchema<any, undefined>

/** The list of a schema's parameters, in the order they were written down. */
export function paramsOf(schema: ParamsSchema): ParamInfo[] {
  return Object.entries(schema.entries as Record<string, v.GenericSchema>).map(([name, entry]) => {
    const required = entry.type !== 'optional'
    const inner = required ? entry : (entry as unknown as { wrapped: v.GenericSchema }).wrapped
    const { help } = v.getMetadata(inner) as unknown as ReturnType<typeof about>
    return {
      name,
      required,
      default: required ? undefined : v.getDefault(entry as never),
      ...help,
    }
  })
}

/** Parameters as they were given, for whoever answers in another time zone. */
export function withZonedTimes(
  schema: ParamsSchema,
  given: Readonly<Record<string, unknown>>,
  nowMs: number,
): Record<string, unknown> {
  const times = paramsOf(schema).filter(({ name, isTime }) => isTime && typeof given[name] === 'string')
  return {
    ...given,
    ...Object.fromEntries(times.map(({ name }) => [name, zonedTime(given[name] as string, nowMs)])),
  }
}

export function parseParams<S extends ParamsSchema>(schema: S, given: unknown): v.InferOutput<S> | Refusal {
  const result = v.safeParse(schema, given ?? {})
  if (result.success) return result.output
  const issue = result.issues[0]!
  const name = v.getDotPath(issue) ?? 'parameters'
  const bad = (message: string, next: string): Refusal => ({
    ...refusal('BAD_PARAMETER', message, next),
    parameter: name,
  })
  const names = Object.keys(schema.entries)
  if (issue.expected === 'never')
    return refusal(
      'BAD_PARAMETER',
      `there is no parameter "${name}"`,
      `take one of: ${names.join(', ')}`,
      names,
    )
  if (issue.input === undefined)
    return bad(`${name} is missing`, `give ${paramsOf(schema).find((p) => p.name === name)?.value ?? name}`)
  const what = issue.message.startsWith('Invalid') ? `must be ${issue.expected}` : issue.message
  return bad(`${name}: ${short(issue.input)} ${what}`, `see --help for what ${name} takes`)
}

const short = (input: unknown): string => {
  const shown = JSON.stringify(input) ?? 'nothing'
  return shown.length > 60 ? `${shown.slice(0, 60)}…` : shown
}
