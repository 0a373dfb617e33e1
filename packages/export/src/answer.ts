/** What OTLP's answers say, whichever way they are encoded. */
export interface Answer {
  /** Of a partial success. */
  rejected: number
  /** Of a partial success, or of a google.rpc.Status. */
  message: string
}

const NOTHING: Answer = { rejected: 0, message: '' }

/**
 * An Export*ServiceResponse. What cannot be read says nothing: the request was taken all the same.
 *
 * Source  collector/{trace,metrics,logs}/v1: field 1 partial_success { 1 rejected, 2 error_message }
 */
export function readResponse(bytes: Uint8Array, encoding: 'protobuf' | 'json'): Answer {
  if (encoding === 'protobuf') {
    const partial = fieldsOf(bytes)?.get(1)
    const fields = partial instanceof Uint8Array ? fieldsOf(partial) : undefined
    return { rejected: numberIn(fields?.get(1)), message: textIn(fields?.get(2)) }
  }
  const partial = objectIn(bytes)?.['partialSuccess'] as Record<string, unknown> | null | undefined
  if (typeof partial !== 'object' || partial === null) return NOTHING
  const [, rejected] = Object.entries(partial).find(([name]) => name.startsWith('rejected')) ?? []
  return { rejected: countIn(rejected), message: textIn(partial['errorMessage']) }
}

/** The message of a google.rpc.Status, and the wait its RetryInfo asks for, if it has one. */
export function readStatus(
  bytes: Uint8Array,
  encoding: 'protobuf' | 'json',
): { message: string; retryAfterMs?: number } {
  if (encoding === 'json') return { message: textIn(objectIn(bytes)?.['message']) }
  let retryAfterMs: number | undefined
  const fields = fieldsOf(bytes, (field, value) => {
    if (field === 3 && value instanceof Uint8Array) retryAfterMs ??= retryDelayMs(value)
  })
  const message = textIn(fields?.get(2))
  return retryAfterMs === undefined ? { message } : { message, retryAfterMs }
}

/** Of a google.protobuf.Any that holds google.rpc.RetryInfo { 1 retry_delay { 1 seconds, 2 nanos } }. */
function retryDelayMs(any: Uint8Array): number | undefined {
  const fields = fieldsOf(any)
  if (!textIn(fields?.get(1)).endsWith('/google.rpc.RetryInfo')) return undefined
  const info = fields?.get(2)
  const delay = info instanceof Uint8Array ? fieldsOf(info)?.get(1) : undefined
  const parts = delay instanceof Uint8Array ? fieldsOf(delay) : undefined
  return numberIn(parts?.get(1)) * 1000 + numberIn(parts?.get(2)) / 1e6
}

type Field = number | Uint8Array

/** The last value of each field, of a varint or with a length; undefined when the bytes are no protobuf. */
function fieldsOf(
  bytes: Uint8Array,
  each: (field: number, value: Field) => void = () => {},
): Map<number, Field> | undefined {
  const fields = new Map<number, Field>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    at = Infinity
    return 0
  }
  while (at < bytes.length) {
    const tag = varint()
    let value: Field | undefined
    if ((tag & 7) === 0) value = varint()
    else if ((tag & 7) === 2) {
      const length = varint()
      value = bytes.subarray(at, at + length)
      at += length
    } else if ((tag & 7) === 1) at += 8
    else if ((tag & 7) === 5) at += 4
    else return undefined
    if (at > bytes.length) return undefined
    if (value === undefined) continue
    fields.set(tag >>> 3, value)
    each(tag >>> 3, value)
  }
  return fields
}

function objectIn(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** A count that is beyond what can be, a negative one among them, counts as nothing. */
function countIn(value: unknown): number {
  const count = Number(value)
  return Number.isSafeInteger(count) && count > 0 ? count : 0
}

const numberIn = (value: Field | undefined): number => (typeof value === 'number' ? countIn(value) : 0)

/** Messages are told to people: short, on one line, without control characters. */
const MESSAGE_CHARS_MAX = 300

export function readable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+/g
  return text.slice(0, MESSAGE_CHARS_MAX).replaceAll(unsafe, ' ')
}

function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return readable(new TextDecoder().decode(value))
  return typeof value === 'string' ? readable(value) : ''
}
