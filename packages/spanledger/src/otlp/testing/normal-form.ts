import { create, toBinary } from '@bufbuild/protobuf'
import type { Message } from '@bufbuild/protobuf'
import type { Signal } from '../transcoded.ts'
import { requestType } from './oracle.ts'

type Loose = Message & Record<string, unknown>
interface OneofValue {
  case?: string | undefined
  value?: unknown
}

/**
 * What of a request the ledger promises to keep, one entry for every span, log record or point, in a form that compares:
 * its resource, scope and metric with it, as protobuf. Left out is what OTLP says in two ways and the ledger in one:
 *
 * - how records were grouped, and their order between groups
 * - a value that is absent or empty; a resource, scope or status that is absent or empty; empty buckets
 * - ids that are not valid: records, links and references that have them (see `createTranscoder`)
 * - a metric without points
 */
export function normalForm(signal: Signal, request: Message): string[] {
  const resourceField = { traces: 'resourceSpans', logs: 'resourceLogs', metrics: 'resourceMetrics' }[signal]
  const scopeField = { traces: 'scopeSpans', logs: 'scopeLogs', metrics: 'scopeMetrics' }[signal]
  const recordField = { traces: 'spans', logs: 'logRecords', metrics: 'metrics' }[signal]
  const entries: string[] = []
  for (const resource of list(request, resourceField)) {
    for (const scope of list(resource, scopeField)) {
      const put = (record: Loose): void => {
        const alone = {
          [resourceField]: [
            {
              resource: filled(resource, 'resource'),
              schemaUrl: resource.schemaUrl,
              [scopeField]: [
                { scope: filled(scope, 'scope'), schemaUrl: scope.schemaUrl, [recordField]: [record] },
              ],
            },
          ],
        }
        entries.push(
          Buffer.from(toBinary(requestType(signal), create(requestType(signal), alone as never))).toString(
            'hex',
          ),
        )
      }
      for (const record of list(scope, recordField)) {
        if (signal === 'traces') putSpan(record, put)
        else if (signal === 'logs') put(log(record))
        else putPoints(record, put)
      }
    }
  }
  return entries.toSorted()
}

const list = (message: Message, name: string): Loose[] =>
  ((message as Loose)[name] as Loose[] | undefined) ?? []

function filled(parent: Loose, name: 'resource' | 'scope'): Loose {
  const part = (parent[name] ?? {}) as Loose
  return { ...part, attributes: attributes(part) } as Loose
}

const attributes = (message: Loose, name = 'attributes'): Loose[] =>
  list(message, name).map((pair) => ({ ...pair, value: value(pair['value'] as Loose | undefined) }) as Loose)

/** An absent value is an empty one, here and inside lists and maps. */
function value(any: Loose | undefined): Loose {
  const kind = any?.['value'] as OneofValue | undefined
  const inner = kind?.value as Loose
  if (kind?.case === 'arrayValue')
    return of({ case: kind.case, value: { ...inner, values: list(inner, 'values').map(value) } })
  if (kind?.case === 'kvlistValue')
    return of({ case: kind.case, value: { ...inner, values: attributes(inner, 'values') } })
  return of(kind ?? { case: undefined })
}

const of = (kind: OneofValue): Loose =>
  ({ $typeName: 'opentelemetry.proto.common.v1.AnyValue', value: kind }) as unknown as Loose

const bytes = (message: Loose, name: string): Uint8Array => message[name] as Uint8Array
const isValid = (id: Uint8Array, size: number): boolean => id.length === size && id.some((byte) => byte !== 0)
const idOrNone = (id: Uint8Array, size: number): Uint8Array => (isValid(id, size) ? id : new Uint8Array(0))

function putSpan(span: Loose, put: (span: Loose) => void): void {
  const parent = bytes(span, 'parentSpanId')
  if (
    !isValid(bytes(span, 'traceId'), 16) ||
    !isValid(bytes(span, 'spanId'), 8) ||
    (parent.length !== 0 && parent.length !== 8)
  )
    return
  const status = span['status'] as Loose | undefined
  const isEmptyStatus = status !== undefined && status['message'] === '' && status['code'] === 0
  put({
    ...span,
    parentSpanId: idOrNone(parent, 8),
    attributes: attributes(span),
    status: isEmptyStatus ? undefined : status,
    events: list(span, 'events').map((event) => ({ ...event, attributes: attributes(event) })),
    links: list(span, 'links')
      .filter((link) => bytes(link, 'traceId').length === 16 && bytes(link, 'spanId').length === 8)
      .map((link) => ({ ...link, attributes: attributes(link) })),
  } as unknown as Loose)
}

const log = (record: Loose): Loose =>
  ({
    ...record,
    traceId: idOrNone(bytes(record, 'traceId'), 16),
    spanId: idOrNone(bytes(record, 'spanId'), 8),
    attributes: attributes(record),
    body: record['body'] === undefined ? undefined : value(record['body'] as Loose),
  }) as unknown as Loose

function putPoints(metric: Loose, put: (metric: Loose) => void): void {
  const data = metric['data'] as OneofValue
  if (data.case === undefined) return
  const inner = data.value as Loose
  for (const point of list(inner, 'dataPoints')) {
    const buckets = (name: string): Loose | undefined => {
      const found = point[name] as Loose | undefined
      return found !== undefined && found['offset'] === 0 && list(found, 'bucketCounts').length === 0
        ? undefined
        : found
    }
    const kept = {
      ...point,
      attributes: attributes(point),
      ...('exemplars' in point ? { exemplars: list(point, 'exemplars').map(exemplar) } : {}),
      ...('positive' in point ? { positive: buckets('positive') } : {}),
      ...('negative' in point ? { negative: buckets('negative') } : {}),
    }
    put({
      ...metric,
      metadata: attributes(metric, 'metadata'),
      data: { case: data.case, value: { ...inner, dataPoints: [kept] } },
    } as unknown as Loose)
  }
}

const exemplar = (message: Loose): Loose =>
  ({
    ...message,
    filteredAttributes: attributes(message, 'filteredAttributes'),
    traceId: idOrNone(bytes(message, 'traceId'), 16),
    spanId: idOrNone(bytes(message, 'spanId'), 8),
  }) as unknown as Loose
