import type { Attributes } from '@spanledger/sdk/record'
import type { DebugEvent } from './event.ts'

/** What an event's `data` tells: any value, read without trust. */
function fieldsOf({ data }: DebugEvent): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null && !(data instanceof Error)
    ? (data as Record<string, unknown>)
    : {}
}

/** Of a middleware or controller; empty when it has none. Not of others: theirs are many. */
export function nameIn(event: DebugEvent): string {
  if (!/^(middleware|controller|job|plugin|view):/.test(event.type)) return ''
  const { name, template } = fieldsOf(event)
  return typeof name === 'string' ? name : typeof template === 'string' ? template : ''
}

/** What tells two overlapping queries or reads apart. */
export function keyOf(event: DebugEvent): string | undefined {
  const { id, queryId, key } = fieldsOf(event)
  const found = id ?? queryId ?? key
  return found === undefined || typeof found === 'object' ? undefined : String(found)
}

export function statusIn(event: DebugEvent): number | undefined {
  const { status, statusCode } = fieldsOf(event)
  const found = status ?? statusCode
  return typeof found === 'number' ? found : undefined
}

/** Members that are plain, under `debug.`; the names the conventions have for what they know. */
export function attributesOf(event: DebugEvent): Attributes {
  const attributes: Record<string, unknown> = {
    'debug.event.type': event.type,
    'debug.module': typeof event.module === 'object' ? undefined : event.module,
    'debug.duration_ms': event.duration,
  }
  for (const [key, value] of Object.entries(fieldsOf(event))) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      attributes[CONVENTIONAL[key] ?? `debug.${key}`] = value
  }
  return attributes
}

const CONVENTIONAL: Readonly<Record<string, string>> = {
  method: 'http.request.method',
  status: 'http.response.status_code',
  statusCode: 'http.response.status_code',
  source: 'cache.source',
  ttl: 'cache.ttl',
}

/** An error in the event's data, or the data itself. */
export function errorIn({ data }: DebugEvent): unknown {
  if (data instanceof Error) return data
  return typeof data === 'object' && data !== null
    ? ((data as { error?: unknown }).error ?? undefined)
    : undefined
}

// oxlint-disable-next-line no-control-regex -- that is what terminals are told colours with
const COLOURS = /\u001B\[[0-9;]*m/g

/** Without a terminal's colours. */
export function plain(message: string | undefined): string | undefined {
  return message?.replace(COLOURS, '')
}
