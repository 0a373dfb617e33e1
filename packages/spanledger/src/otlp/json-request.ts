import { ARRAY_VALUE, KVLIST_VALUE, REQUESTS, type Field, type Message } from './json-schema.ts'
import { JSON_VALUES_MAX, NESTING_MAX } from './limits.ts'
import { MalformedOtlpError } from './malformed.ts'
import { quoteLongIntegers } from './long-integers.ts'
import type { Signal } from './transcoded.ts'
import { WireWriter } from './wire-writer.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const writer = new WireWriter()

/**
 * An OTLP/JSON request as the same request in protobuf, so that checks, redaction and lines have one implementation.
 *
 * Unknown fields are ignored, null is absent, enum names are mapped, 64-bit integers come as numbers or strings and keep
 * all their digits.
 *
 * Errors  MalformedOtlpError naming the place: `resourceSpans[0].scopeSpans[1].spans[3].traceId`
 */
export function jsonToProtobuf(signal: Signal, bytes: Uint8Array): Uint8Array {
  if (holdsMoreValuesThan(JSON_VALUES_MAX, bytes))
    throw new MalformedOtlpError(
      'JSON',
      `more than ${JSON_VALUES_MAX} values in one request; send smaller batches`,
    )
  let request: unknown
  try {
    request = JSON.parse(quoteLongIntegers(utf8.decode(bytes)))
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'the body is not UTF-8'
    throw new MalformedOtlpError('JSON', reason)
  }
  writer.clear()
  const path: Path = []
  try {
    message(REQUESTS[signal], request, path, 0)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    throw new MalformedOtlpError(pathText(path), error.message)
  }
  return writer.take()
}

/** By what begins or parts values, outside of strings. Only looks at bodies that are large enough. */
function holdsMoreValuesThan(max: number, bytes: Uint8Array): boolean {
  if (bytes.length <= max) return false
  let count = 0
  let inString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === 0x22) inString = !inString
    else if (inString) {
      if (byte === 0x5c) i++
    } else if (byte === 0x2c || byte === 0x5b || byte === 0x7b) count++
  }
  return count > max
}

/** Names and indexes on the way down; left as it stands when something is refused. */
type Path = (string | number)[]

class Refused extends Error {}

const pathText = (path: Path): string =>
  path.map((step, i) => (typeof step === 'number' ? `[${step}]` : i === 0 ? step : `.${step}`)).join('') ||
  'the request'

function message(fields: Message, value: unknown, path: Path, depth: number): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused(`expected an object, found ${nameOf(value)}`)
  if (depth > NESTING_MAX) throw new Refused(`values nested deeper than ${NESTING_MAX}`)
  let chosen: string | undefined
  for (const name in value) {
    const field = fields.get(name)
    const content = (value as Record<string, unknown>)[name]
    if (field === undefined || content === null || content === undefined) continue
    path.push(name)
    if (field.oneof !== undefined) {
      if (chosen !== undefined) throw new Refused(`stands beside ${chosen}, and only one of them may`)
      chosen = name
    }
    if (field.repeated) list(field, content, path, depth)
    else single(field, content, path, depth)
    path.pop()
  }
}

function list(field: Field, content: unknown, path: Path, depth: number): void {
  if (!Array.isArray(content)) throw new Refused(`expected an array, found ${nameOf(content)}`)
  content.forEach((item, index) => {
    path.push(index)
    if (item === null) throw new Refused('null in a list')
    single(field, item, path, depth)
    path.pop()
  })
}

function single(field: Field, value: unknown, path: Path, depth: number): void {
  const { number } = field
  switch (field.type) {
    case 'message': {
      const of = field.message!()
      const isContainer = of === ARRAY_VALUE || of === KVLIST_VALUE
      // OpenTelemetry's own example of events has the list where the message that holds it belongs.
      const content = isContainer && Array.isArray(value) ? { values: value } : value
      writer.tag(number, 2)
      const lengthAt = writer.begin()
      message(of, content, path, isContainer ? depth + 1 : depth)
      return writer.end(lengthAt)
    }
    case 'string':
      if (typeof value !== 'string') throw new Refused(`expected a string, found ${nameOf(value)}`)
      writer.tag(number, 2)
      return writer.string(value)
    case 'bool':
      if (typeof value !== 'boolean') throw new Refused(`expected true or false, found ${nameOf(value)}`)
      writer.tag(number, 0)
      return writer.uint32(value ? 1 : 0)
    case 'id':
      writer.tag(number, 2)
      return id(value)
    case 'bytes':
      writer.tag(number, 2)
      return writer.bytes(base64(value))
    case 'double':
      writer.tag(number, 1)
      return writer.double(double(value))
    case 'int64':
      writer.tag(number, 0)
      return writer.varint64(integer(value, -(2n ** 63n), 2n ** 63n - 1n))
    case 'uint64':
      writer.tag(number, 0)
      return writer.varint64(integer(value, 0n, 2n ** 64n - 1n))
    case 'fixed64':
      writer.tag(number, 1)
      return writer.fixed64(integer(value, 0n, 2n ** 64n - 1n))
    case 'sfixed64':
      writer.tag(number, 1)
      return writer.fixed64(integer(value, -(2n ** 63n), 2n ** 63n - 1n))
    case 'fixed32':
      writer.tag(number, 5)
      return writer.fixed32(Number(integer(value, 0n, 2n ** 32n - 1n)))
    case 'uint32':
      writer.tag(number, 0)
      return writer.uint32(Number(integer(value, 0n, 2n ** 32n - 1n)))
    case 'sint32': {
      const signed = Number(integer(value, -(2n ** 31n), 2n ** 31n - 1n))
      writer.tag(number, 0)
      return writer.uint32(((signed << 1) ^ (signed >> 31)) >>> 0)
    }
    case 'enum':
      writer.tag(number, 0)
      return writer.varint64(enumeration(field, value))
  }
}

function enumeration(field: Field, value: unknown): bigint {
  if (typeof value !== 'string') return integer(value, -(2n ** 31n), 2n ** 31n - 1n)
  const known = Object.hasOwn(field.names!, value) ? field.names![value] : undefined
  if (known === undefined)
    throw new Refused(`"${value.slice(0, 64)}" is no value of this enum; send its number`)
  return BigInt(known)
}

/** Also as a string, as `1.0` and `1e3`, which JSON does not tell from 1 and 1000. */
function integer(value: unknown, min: bigint, max: bigint): bigint {
  let result: bigint
  if (typeof value === 'number' && Number.isSafeInteger(value)) result = BigInt(value)
  else if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) result = BigInt(value)
  else if (isLongInteger(value) && value[0].length <= 20) result = BigInt(value[0])
  else throw new Refused(`expected an integer, found ${nameOf(value)}`)
  if (result < min || result > max) throw new Refused(`${result} is out of range, ${min} to ${max}`)
  return result
}

function double(value: unknown): number {
  if (typeof value === 'number') return value
  if (isLongInteger(value)) return Number(value[0])
  if (typeof value === 'string') {
    if (value === 'NaN') return NaN
    if (value === 'Infinity' || value === '-Infinity') return value === 'Infinity' ? Infinity : -Infinity
    if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return Number(value)
  }
  throw new Refused(`expected a number, found ${nameOf(value)}`)
}

const TOO_LONG_FOR_AN_ID = '00'.repeat(16)

/** Hex in either case. An odd number of digits is an id of the wrong length, which is judged where records are. */
function id(value: unknown): void {
  if (typeof value !== 'string') throw new Refused(`expected hex digits, found ${nameOf(value)}`)
  const lengthAt = writer.begin()
  if (!writer.hex(value.length % 2 === 0 ? value : `0${value}${TOO_LONG_FOR_AN_ID}`))
    throw new Refused(`expected hex digits, found ${nameOf(value)}`)
  writer.end(lengthAt)
}

function base64(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(value))
    throw new Refused(`expected base64, found ${nameOf(value)}`)
  return Buffer.from(value, 'base64')
}

const isLongInteger = (value: unknown): value is [string] =>
  Array.isArray(value) && value.length === 1 && typeof value[0] === 'string'

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  if (isLongInteger(value)) return `the number ${value[0].slice(0, 64)}`
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `${typeof value} ${JSON.stringify(value)?.slice(0, 64)}`
}
