import { describe, expect, test } from 'vitest'
import { MalformedOtlpError, type Signal } from './index.ts'
import { jsonToProtobuf } from './json-request.ts'
import { JSON_VALUES_MAX } from './limits.ts'
import { json, linesOf, logs, span, spans, transcoder } from './testing/requests.ts'

const where = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof MalformedOtlpError) return `${error.where}: ${error.reason}`
    throw error
  }
  return 'nothing'
}

const nested = (depth: number): string =>
  `${'{"arrayValue":{"values":['.repeat(depth)}{}${']}}'.repeat(depth)}`

const withBody = (body: string): string =>
  `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${body}}]}]}]}`

const at = 'resourceLogs[0].scopeLogs[0].logRecords[0]'

const delimited = (field: number, content: number[]): number[] => {
  const length: number[] = []
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest)
    if (rest < 128) break
  }
  return [(field << 3) | 2, ...length, ...content]
}

const message = (field: number, ...content: number[]): number[] => [
  (field << 3) | 2,
  content.length,
  ...content,
]

const record = (...content: number[]): Uint8Array =>
  Uint8Array.from(message(1, ...message(2, ...message(2, ...content))))

/** That begin, one in the other. */
const groups = (count: number): number[] => Array.from({ length: count }, () => [0xa3, 0x01]).flat()
const deep = (levels: number): number[] => {
  let value: number[] = []
  for (let i = 0; i < levels; i++) value = delimited(5, delimited(1, value))
  return value
}

describe('malformed', () => {
  test.each<[signal: Signal, request: unknown, expected: RegExp]>([
    ['traces', '{', /^JSON: /],
    ['traces', '[]', /^the request: expected an object, found an array/],
    [
      'traces',
      spans(span(), span({ traceId: 'xyz' })),
      /^resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[1\]\.traceId: expected hex digits/,
    ],
    ['traces', spans(span({ traceId: 5 })), /spans\[0\]\.traceId: expected hex digits, found number 5/],
    [
      'traces',
      spans(span({ kind: 'SPAN_KIND_SERVERS' })),
      /spans\[0\]\.kind: "SPAN_KIND_SERVERS" is no value of this enum/,
    ],
    ['traces', spans(span({ kind: 'toString' })), /is no value of this enum/],
    ['traces', spans(span({ startTimeUnixNano: '-1' })), /startTimeUnixNano: -1 is out of range/],
    ['traces', spans(span({ startTimeUnixNano: '18446744073709551616' })), /out of range/],
    [
      'traces',
      spans(span({ startTimeUnixNano: 1.5 })),
      /startTimeUnixNano: expected an integer, found number 1\.5/,
    ],
    ['traces', spans(span({ name: 5 })), /name: expected a string, found number 5/],
    ['traces', spans(span({ attributes: {} })), /attributes: expected an array, found an object/],
    ['traces', spans(span({ attributes: [null] })), /attributes\[0\]: null in a list/],
    ['logs', logs({ body: { stringValue: 'a', intValue: 1 } }), /body\.intValue: stands beside stringValue/],
    ['logs', logs({ body: { intValue: '9223372036854775808' } }), /out of range/],
    ['logs', logs({ body: { boolValue: 'true' } }), /expected true or false/],
    ['logs', logs({ body: { bytesValue: '%' } }), /expected base64/],
    [
      'logs',
      withBody('{"stringValue":12345678901234567890}'),
      /expected a string, found the number 12345678901234567890/,
    ],
    ['logs', withBody(nested(65)), /nested deeper than 64/],
    ['logs', withBody(nested(10_000)), /nested deeper than 64/],
  ])('%s %#: %j', (signal, request, expected) => {
    expect(where(() => json(signal, request))).toMatch(expected)
  })

  test('64 levels are fine, in both encodings', () => {
    const bytes = Buffer.from(withBody(nested(64)))
    expect(linesOf(transcoder.json('logs', bytes))[0]).toContain(
      `"body":${'['.repeat(64)}null${']'.repeat(64)}`,
    )
    expect(transcoder.protobuf('logs', jsonToProtobuf('logs', bytes)).accepted).toBe(1)
  })

  test('invalid UTF-8', () => {
    const bytes = Buffer.from(withBody('{"stringValue":"?"}'))
    bytes[bytes.indexOf('?')] = 0xff
    expect(where(() => transcoder.json('logs', bytes))).toBe('JSON: the body is not UTF-8')
  })

  test.each<[what: string, bytes: Uint8Array, expected: RegExp]>([
    [
      'wrong wire type',
      record(0x08, 1),
      /^resourceLogs\[0\]\.scopeLogs\[0\]\.logRecords\[0\], byte \d+: wrong wire type 0 for field 1/,
    ],
    ['a group without an end', record(0xa3, 0x01, 0x08, 1), /truncated number/],
    ['an end of group', record(0xa4, 0x01), /wire type 4 where a field begins/],
    ['a group that ends another', record(0xa3, 0x01, 0xac, 0x01), /an end of group 21 inside of another/],
    ['a group of a known field', record(0x0b, 0x0c), /wrong wire type 3 for field 1/],
    ['101 groups', Uint8Array.from(delimited(1, delimited(2, delimited(2, groups(101))))), /deeper than 100/],
    ['field 0', record(2, 0), /field number 0/],
    ['a length beyond the end', Uint8Array.of(0x0a, 5, 1), /truncated: 5 bytes announced, 1 left/],
    ['a length of 4 GiB', Uint8Array.of(0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f), /a length beyond 4 GiB/],
    ['a varint of 11 bytes', record(0x10, ...Array.from({ length: 11 }, () => 0x80)), /longer than 10 bytes/],
    [
      'a cut number',
      Uint8Array.of(...message(1, ...message(2, ...message(2, 0x09, 1, 2)))),
      /truncated number/,
    ],
    ['a body that is not UTF-8', record(...message(5, ...message(1, 0xc3, 0x28))), /not UTF-8/],
    ['an overlong character', record(...message(12, 0xc0, 0x80)), /not UTF-8/],
    ['a surrogate', record(...message(12, 0xed, 0xa0, 0x80)), /not UTF-8/],
    ['an attribute name that is not UTF-8', record(...message(6, ...message(1, 0x80))), /not UTF-8/],
    [
      '10,000 levels',
      Uint8Array.from(delimited(1, delimited(2, delimited(2, delimited(5, deep(10_000)))))),
      /nested deeper than 64/,
    ],
  ])('protobuf: %s', (_what, bytes, expected) => {
    expect(where(() => transcoder.protobuf('logs', bytes))).toMatch(expected)
  })

  test('a group of an unknown field is passed over, with all in it', () => {
    const inner = [0x08, 1, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 2, 0xa4, 0x01, 0x25, 0, 0, 0, 0]
    const group = [0xa3, 0x01, ...inner, 0xab, 0x01, ...inner, 0xac, 0x01, 0xa4, 0x01]
    const body = message(5, ...message(1, 0x61))
    const [line] = linesOf(transcoder.protobuf('logs', record(...group, ...body, ...group)))
    expect(line).toContain('"body":"a"')
  })

  test('the next good request works', () => {
    expect(
      where(() =>
        transcoder.protobuf(
          'logs',
          record(...message(5, ...delimited(6, delimited(1, delimited(2, deep(70)))))),
        ),
      ),
    ).toContain(at)
    expect(json('logs', logs({})).accepted).toBe(1)
  })
})

test('JSON of more values than anyone needs is refused before it becomes objects', () => {
  const empty = '{},'.repeat(JSON_VALUES_MAX / 2)
  expect(where(() => jsonToProtobuf('traces', Buffer.from(`{"resourceSpans":[${empty}{}]}`)))).toMatch(
    /^JSON: more than 6291456 values/,
  )
  const text = Buffer.from(JSON.stringify({ unknown: '{},"\\'.repeat(JSON_VALUES_MAX / 2) }))
  expect(where(() => jsonToProtobuf('traces', text))).toBe('nothing')
})
