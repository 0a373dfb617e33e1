import { ExactNumber, ExactObject, parseExact, type ExactJson } from './exact-json.ts'
import { logRecord, point, span, type MetricParts } from './otlp-records.ts'
import { keyValues } from './otlp-values.ts'
import type { Signal } from './transcoded.ts'

/** As many records as OpenTelemetry's batch processors send at once. */
const RECORDS_PER_REQUEST = 512

/** Ledger lines back to OTLP/JSON. */
export interface OtlpWriter {
  /**
   * Takes the next line of a segment, in order: header, definitions, records. Lines of other kinds are passed over.
   *
   * @returns a request that is full now
   * Errors   SyntaxError for a line that is no JSON; UnknownDefinitionError for a record whose definition did not come
   */
  add(line: string): string | undefined
  /** The request begun, if there is one. */
  end(): string | undefined
}

/** A record refers to a definition that does not stand before it in its segment. */
class UnknownDefinitionError extends Error {
  readonly code = 'UNKNOWN_DEFINITION'
  readonly id: string
  constructor(id: string) {
    super(`no definition "${id}" before the record that refers to it`)
    this.id = id
  }
}

interface OriginParts {
  /** Text of the Resource message and its schema URL, as members of ResourceSpans. */
  resource: string
  scope: string
}

/**
 * Groups records by resource and scope, and points by metric, into requests of Export*ServiceRequest as one line of text.
 *
 * Lossless: numbers are taken from the text of the line. What OTLP can say in two ways comes in one (int64 as strings,
 * defaults left out, resources and scopes that are equal joined). Grouping keeps the order inside each group.
 */
export function createOtlpWriter(signal: Signal, { recordsMax = RECORDS_PER_REQUEST } = {}): OtlpWriter {
  const [resources, scopes, records] = {
    traces: ['resourceSpans', 'scopeSpans', 'spans'],
    logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
    metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
  }[signal] as [string, string, string]
  const origins = new Map<string, OriginParts>()
  const metrics = new Map<string, MetricParts>()
  /** resource -> scope -> metric ('' for spans and logs) -> records */
  let request = new Map<string, Map<string, Map<string, string[]>>>()
  let count = 0

  const put = (line: ExactObject, metric: string, text: string): void => {
    const id = String(line.get('in'))
    const origin = origins.get(id)
    if (origin === undefined) throw new UnknownDefinitionError(id)
    const inResource = at(request, origin.resource, () => new Map<string, Map<string, string[]>>())
    const inScope = at(inResource, origin.scope, () => new Map<string, string[]>())
    at(inScope, metric, () => []).push(text)
    count++
  }

  const end = (): string | undefined => {
    if (count === 0) return undefined
    const resourceTexts = [...request].map(([resource, inResource]) => {
      const scopeTexts = [...inResource].map(([scope, inScope]) => {
        const texts = [...inScope].flatMap(([id, points]) => {
          if (signal !== 'metrics') return points
          const { open, close } = metrics.get(id)!
          return [`${open}${points.join(',')}${close}`]
        })
        return `{${scope}"${records}":[${texts.join(',')}]}`
      })
      return `{${resource}"${scopes}":[${scopeTexts.join(',')}]}`
    })
    request = new Map()
    count = 0
    return `{"${resources}":[${resourceTexts.join(',')}]}`
  }

  return {
    end,
    add(text) {
      const line = parseExact(text)
      if (!(line instanceof ExactObject)) throw new SyntaxError('a line is a JSON object')
      const [kind, id] = line.members[0] ?? ['', null]
      if (kind === 'origin') origins.set(String(id), originParts(line))
      else if (kind === 'metric') metrics.set(String(id), metricParts(line))
      else if (kind === 'span' && signal === 'traces') put(line, '', span(line))
      else if (kind === 'log' && signal === 'logs') put(line, '', logRecord(line))
      else if (kind === 'point' && signal === 'metrics') {
        const metric = String(line.get('metric'))
        const parts = metrics.get(metric)
        if (parts === undefined) throw new UnknownDefinitionError(metric)
        put(line, metric, point(line, parts))
      }
      return count >= recordsMax ? end() : undefined
    },
  }
}

function at<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  let value = map.get(key)
  if (value === undefined) map.set(key, (value = create()))
  return value
}

const member = (name: string, value: ExactJson | undefined, text: (value: ExactJson) => string): string =>
  value === undefined ? '' : `"${name}":${text(value)},`
const string = (value: ExactJson): string => JSON.stringify(value)
const number = (value: ExactJson): string => (value instanceof ExactNumber ? value.text : '0')
const attributes = (value: ExactJson): string => (value instanceof ExactObject ? keyValues(value) : '[]')
const closed = (members: string): string => `{${members.replace(/,$/, '')}}`

const of = (part: ExactJson | undefined, name: string): ExactJson | undefined =>
  part instanceof ExactObject ? part.get(name) : undefined

function originParts(line: ExactObject): OriginParts {
  const resource = line.get('resource')
  const scope = line.get('scope')
  const resourceText =
    member('attributes', of(resource, 'attrs'), attributes) +
    member('droppedAttributesCount', of(resource, 'dropped'), number) +
    member('entityRefs', of(resource, 'entities'), entities)
  const scopeText =
    member('name', of(scope, 'name'), string) +
    member('version', of(scope, 'version'), string) +
    member('attributes', of(scope, 'attrs'), attributes) +
    member('droppedAttributesCount', of(scope, 'dropped'), number)
  return {
    resource: `"resource":${closed(resourceText)},${member('schemaUrl', of(resource, 'schemaUrl'), string)}`,
    scope: `"scope":${closed(scopeText)},${member('schemaUrl', of(scope, 'schemaUrl'), string)}`,
  }
}

const entities = (list: ExactJson): string =>
  `[${(Array.isArray(list) ? list : [])
    .filter((entity) => entity instanceof ExactObject)
    .map((entity) =>
      closed(
        member('schemaUrl', entity.get('schemaUrl'), string) +
          member('type', entity.get('type'), string) +
          member('idKeys', entity.get('idKeys'), string) +
          member('descriptionKeys', entity.get('descriptionKeys'), string),
      ),
    )
    .join(',')}]`

const TEMPORALITIES: Record<string, string> = { unspecified: '0', delta: '1', cumulative: '2' }

function metricParts(line: ExactObject): MetricParts {
  const type = String(line.get('type'))
  const head =
    member('name', line.get('name'), string) +
    member('description', line.get('description'), string) +
    member('unit', line.get('unit'), string) +
    member('metadata', line.get('metadata'), attributes)
  const data =
    member('aggregationTemporality', line.get('temporality'), (value) =>
      value instanceof ExactNumber ? value.text : (TEMPORALITIES[String(value)] ?? '0'),
    ) + member('isMonotonic', line.get('monotonic'), string)
  return { type, open: `{${head}"${type}":{${data}"dataPoints":[`, close: ']}}' }
}
