import { readFileSync } from 'node:fs'
import {
  create,
  createFileRegistry,
  fromBinary,
  fromJson,
  ScalarType,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import type { DescField, DescMessage, JsonValue, Message } from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import * as fc from 'fast-check'
import type { Signal } from '../transcoded.ts'

/** A decoder and encoder that shares no line with ours: @bufbuild/protobuf over opentelemetry-proto's own descriptors. */
const registry = createFileRegistry(
  fromBinary(
    FileDescriptorSetSchema,
    readFileSync(new URL('../../../../../fixtures/otlp/opentelemetry-proto.binpb', import.meta.url)),
  ),
)

const SERVICES = {
  traces: 'trace.v1.ExportTrace',
  logs: 'logs.v1.ExportLogs',
  metrics: 'metrics.v1.ExportMetrics',
}

export function requestType(signal: Signal): DescMessage {
  const type = registry.getMessage(`opentelemetry.proto.collector.${SERVICES[signal]}ServiceRequest`)
  if (type === undefined) throw new Error(`no descriptor for ${signal}`)
  return type
}

export const toProtobuf = (signal: Signal, message: Message): Uint8Array =>
  toBinary(requestType(signal), message)

/** OTLP/JSON: protobuf's JSON mapping with hex ids and numbers for enums. */
export const toOtlpJson = (signal: Signal, message: Message): Uint8Array =>
  Buffer.from(
    JSON.stringify(withIds(toJson(requestType(signal), message, { enumAsInteger: true }), 'base64', 'hex')),
  )

export const fromOtlpJson = (signal: Signal, json: string): Message =>
  fromJson(requestType(signal), withIds(JSON.parse(json) as JsonValue, 'hex', 'base64') as JsonValue)

const IDS = new Set(['traceId', 'spanId', 'parentSpanId'])

function withIds(value: unknown, from: 'hex' | 'base64', to: 'hex' | 'base64'): unknown {
  // JSON.stringify writes -0 as 0.
  if (Object.is(value, -0)) return '-0'
  if (Array.isArray(value)) return value.map((item) => withIds(item, from, to))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      IDS.has(key) && typeof item === 'string'
        ? [key, Buffer.from(item, from).toString(to)]
        : [key, withIds(item, from, to)],
    ),
  )
}

/** Random requests with everything the messages can hold; `texts` in place of the strings that are no keys. */
export const requests = (signal: Signal, texts = strings): fc.Arbitrary<Message> =>
  messageOf(requestType(signal), 0, texts)

/** What the oracle understands of bytes, written as it writes it. Errors: those of @bufbuild/protobuf. */
export const canonical = (signal: Signal, bytes: Uint8Array): Uint8Array =>
  toBinary(requestType(signal), fromBinary(requestType(signal), bytes), { writeUnknownFields: false })

/** Values inside values. */
const DEPTH_MAX = 9

const strings = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '',
      'plain text',
      'password=hunter22 x',
      '"\\\u0000\u001f\u007f\u2028',
      'a@b',
      '日本語',
      '[redacted:x]',
    ),
  },
  { weight: 1, arbitrary: fc.nat(300).map((length) => 'long '.repeat(length)) },
)
const keys = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'service.name',
    'gen_ai.request.model',
    '1',
    '0',
    '__proto__',
    '$int',
    '$kvlist',
    '$x',
    '',
    'ü',
    'q"\\',
  ),
  fc.constantFrom(
    'password',
    'http.request.header.authorization',
    'user.email',
    'max_tokens',
    'k'.repeat(200),
  ),
  strings,
)
const doubles = fc.oneof(
  fc.double(),
  fc.constantFrom(0, -0, 1, -1, 1e21, 1e-7, 123456.789, 0.1, 1e15, 5e-324, 2 ** 53, NaN, Infinity, -Infinity),
  fc.integer({ min: -1e9, max: 1e9 }).map((n) => n / 1000),
)
const int64s = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.integer().map(BigInt),
  fc.constantFrom(
    0n,
    1n,
    127n,
    128n,
    -1n,
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n) + 1n,
    -(2n ** 53n),
    2n ** 63n - 1n,
    -(2n ** 63n),
  ),
)
const uint64s = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.nat().map(BigInt),
  fc.constantFrom(
    0n,
    1n,
    999_999_999n,
    1_000_000_000n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 64n - 1n,
    1763700000000000001n,
  ),
)
const uint32s = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: 2 ** 32 - 1 }))
const int32s = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.integer())

function scalar(type: ScalarType, texts: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  switch (type) {
    case ScalarType.STRING:
      return texts
    case ScalarType.BYTES:
      return fc.uint8Array({ maxLength: 12 })
    case ScalarType.BOOL:
      return fc.boolean()
    case ScalarType.DOUBLE:
      return doubles
    case ScalarType.INT64:
    case ScalarType.SFIXED64:
      return int64s
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return uint64s
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return uint32s
    case ScalarType.SINT32:
      return int32s
    default:
      throw new Error(`no generator for scalar ${type}`)
  }
}

/** Mostly valid ids: a request of rejected spans tests little. */
const id = (size: number): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    { weight: 40, arbitrary: fc.uint8Array({ minLength: size, maxLength: size }) },
    { weight: 1, arbitrary: fc.constant(new Uint8Array(size)) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: size + 1 }) },
  )

function valueOf(field: DescField, depth: number, texts: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  if (field.fieldKind === 'message') return messageOf(field.message, depth + 1, texts)
  if (field.fieldKind === 'enum')
    return fc.oneof({ weight: 9, arbitrary: fc.nat(6) }, { weight: 1, arbitrary: int32s })
  if (field.fieldKind === 'list') {
    const item =
      field.listKind === 'message' ? messageOf(field.message, depth + 1, texts) : scalar(field.scalar!, texts)
    return fc.array(item, { maxLength: field.listKind === 'message' ? 3 : 5 })
  }
  if (field.name === 'trace_id') return id(16)
  if (field.name === 'span_id') return id(8)
  if (field.name === 'parent_span_id') return fc.oneof(fc.constant(new Uint8Array(0)), id(8))
  return field.name === 'key' ? keys : scalar(field.scalar!, texts)
}

function messageOf(type: DescMessage, depth: number, texts: fc.Arbitrary<string>): fc.Arbitrary<Message> {
  // String table indexes belong to profiles only.
  const fields = type.fields.filter(
    (field) => !field.name.endsWith('_strindex') && !(depth > DEPTH_MAX && field.message !== undefined),
  )
  const members: Record<string, fc.Arbitrary<unknown>> = {}
  for (const field of fields) {
    if (field.oneof === undefined)
      members[field.localName] = fc.option(valueOf(field, depth, texts), {
        nil: undefined,
        freq: isId(field) ? 30 : 2,
      })
  }
  for (const oneof of type.oneofs) {
    const cases = fields.filter((field) => field.oneof === oneof)
    if (oneof.name.startsWith('_') || cases.length === 0) continue
    members[oneof.localName] = fc.option(
      fc.oneof(
        ...cases.map((field) =>
          valueOf(field, depth, texts).map((value) => ({ case: field.localName, value })),
        ),
      ),
      { nil: undefined, freq: 8 },
    )
  }
  return fc
    .record(members)
    .map((init) =>
      create(type, Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined))),
    )
}

const isId = (field: DescField): boolean =>
  field.name === 'trace_id' || field.name === 'span_id' || field.fieldKind === 'list'
