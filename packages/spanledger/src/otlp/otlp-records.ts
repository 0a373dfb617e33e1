import { ExactNumber, ExactObject, type ExactJson } from './exact-json.ts'
import { anyValue, doubleText, int64Text, keyValues } from './otlp-values.ts'

/** A metric's text around its points. */
export interface MetricParts {
  type: string
  open: string
  close: string
}

type ToText = (value: ExactJson) => string

const string: ToText = (value) => JSON.stringify(value)
const number: ToText = (value) => (value instanceof ExactNumber ? value.text : '0')
const attributes: ToText = (value) => (value instanceof ExactObject ? keyValues(value) : '[]')
const list =
  (item: ToText): ToText =>
  (value) =>
    `[${Array.isArray(value) ? value.map(item).join(',') : ''}]`

/** An enum's word as its number; a number stays. */
const word =
  (numbers: Record<string, number>): ToText =>
  (value) =>
    value instanceof ExactNumber ? value.text : String(numbers[String(value)] ?? 0)

/** Ledger key -> OTLP name and how its value is written. */
type Table = Record<string, [name: string, text: ToText]>

function object(value: ExactJson, table: Table): string {
  if (!(value instanceof ExactObject)) return '{}'
  const members = value.members.flatMap(([key, content]) => {
    const entry = Object.hasOwn(table, key) ? table[key] : undefined
    return entry === undefined ? [] : [`"${entry[0]}":${entry[1](content)}`]
  })
  return `{${members.join(',')}}`
}

const ATTRIBUTES = {
  attrs: ['attributes', attributes],
  dropped: ['droppedAttributesCount', number],
  flags: ['flags', number],
} satisfies Table

const EVENT: Table = { name: ['name', string], time: ['timeUnixNano', string], ...ATTRIBUTES }
const LINK: Table = {
  trace: ['traceId', string],
  span: ['spanId', string],
  state: ['traceState', string],
  ...ATTRIBUTES,
}

const SPAN: Table = {
  span: ['spanId', string],
  trace: ['traceId', string],
  parent: ['parentSpanId', string],
  name: ['name', string],
  start: ['startTimeUnixNano', string],
  end: ['endTimeUnixNano', string],
  state: ['traceState', string],
  ...ATTRIBUTES,
  events: ['events', list((event) => object(event, EVENT))],
  droppedEvents: ['droppedEventsCount', number],
  links: ['links', list((link) => object(link, LINK))],
  droppedLinks: ['droppedLinksCount', number],
}

const KINDS = { unspecified: 0, server: 2, client: 3, producer: 4, consumer: 5 }
const INTERNAL = 1
const STATUSES = { ok: 1, error: 2 }

export function span(line: ExactObject): string {
  const rest = object(line, SPAN).slice(0, -1)
  const kind = line.get('kind')
  const ns = line.get('ns')
  const status = line.get('status')
  const message = line.get('message')
  let more = `,"kind":${kind === undefined ? INTERNAL : word(KINDS)(kind)}`
  if (ns instanceof ExactNumber)
    more += `,"endTimeUnixNano":"${BigInt(String(line.get('start'))) + BigInt(ns.text)}"`
  const statusMembers = [
    ...(message === undefined ? [] : [`"message":${string(message)}`]),
    ...(status === undefined ? [] : [`"code":${word(STATUSES)(status)}`]),
  ]
  if (statusMembers.length > 0) more += `,"status":{${statusMembers.join(',')}}`
  return `${rest}${more}}`
}

const LOG: Table = {
  log: ['timeUnixNano', string],
  observed: ['observedTimeUnixNano', string],
  severity: ['severityNumber', number],
  level: ['severityText', string],
  name: ['eventName', string],
  body: ['body', anyValue],
  trace: ['traceId', string],
  span: ['spanId', string],
  ...ATTRIBUTES,
}

export const logRecord = (line: ExactObject): string => object(line, LOG)

const isDouble = (value: ExactJson): boolean =>
  value instanceof ExactNumber
    ? /[.eE]/.test(value.text)
    : value instanceof ExactObject && value.get('$double') !== undefined

/** `value` of points and exemplars is asInt or asDouble, told apart by its text. */
const measured = (value: ExactJson, table: Table): string => {
  const rest = object(value, table)
  const measurement = value instanceof ExactObject ? value.get('value') : undefined
  if (measurement === undefined) return rest
  const member = isDouble(measurement)
    ? `"asDouble":${doubleText(measurement)}`
    : `"asInt":${int64Text(measurement)}`
  return `${rest.slice(0, -1)}${rest === '{}' ? '' : ','}${member}}`
}

const EXEMPLAR: Table = {
  time: ['timeUnixNano', string],
  attrs: ['filteredAttributes', attributes],
  trace: ['traceId', string],
  span: ['spanId', string],
}
const SHARED: Table = {
  time: ['timeUnixNano', string],
  start: ['startTimeUnixNano', string],
  count: ['count', int64Text],
  sum: ['sum', doubleText],
  min: ['min', doubleText],
  max: ['max', doubleText],
  exemplars: ['exemplars', list((exemplar) => measured(exemplar, EXEMPLAR))],
  ...ATTRIBUTES,
}
const BUCKETS: Table = { offset: ['offset', number], counts: ['bucketCounts', list(int64Text)] }
const POINTS: Record<string, Table> = {
  gauge: SHARED,
  sum: SHARED,
  histogram: {
    ...SHARED,
    bounds: ['explicitBounds', list(doubleText)],
    counts: ['bucketCounts', list(int64Text)],
  },
  exponentialHistogram: {
    ...SHARED,
    scale: ['scale', number],
    zeroCount: ['zeroCount', int64Text],
    zeroThreshold: ['zeroThreshold', doubleText],
    positive: ['positive', (buckets) => object(buckets, BUCKETS)],
    negative: ['negative', (buckets) => object(buckets, BUCKETS)],
  },
  summary: {
    ...SHARED,
    quantiles: [
      'quantileValues',
      list((quantile) => object(quantile, { q: ['quantile', doubleText], v: ['value', doubleText] })),
    ],
  },
}

export const point = (line: ExactObject, { type }: MetricParts): string =>
  measured(line, POINTS[type] ?? SHARED)
