import { describe, expect, test } from 'vitest'
import { createOtlpWriter, type Signal } from './index.ts'

const all = (signal: Signal, lines: string[], recordsMax?: number): unknown[] => {
  const writer = createOtlpWriter(signal, recordsMax === undefined ? {} : { recordsMax })
  return [...lines.map((line) => writer.add(line)), writer.end()]
    .filter((request) => request !== undefined)
    .map((request) => JSON.parse(request) as unknown)
}

const HEADER = '{"ledger":1,"kind":"logs","segment":"s","writer":"w","created":"1"}'
const A = '{"origin":"A","resource":{"attrs":{"service.name":"a"},"schemaUrl":"u"},"scope":{"name":"x"}}'
const A2 =
  '{"origin":"A2","resource":{"attrs":{"service.name":"a"},"schemaUrl":"u"},"scope":{"name":"y","schemaUrl":"v"}}'
const B = '{"origin":"B"}'
const log = (time: number, origin: string): string => `{"log":"${time}","in":"${origin}"}`

const sizes = (requests: unknown[]): number[] =>
  requests.map((request) => JSON.stringify(request).split('timeUnixNano').length - 1)

describe('createOtlpWriter', () => {
  test('groups by resource, then by scope', () => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'a' } }] }
    expect(all('logs', [HEADER, A, A2, log(1, 'A'), log(2, 'A2'), B, log(3, 'B'), log(4, 'A')])).toEqual([
      {
        resourceLogs: [
          {
            resource,
            schemaUrl: 'u',
            scopeLogs: [
              { scope: { name: 'x' }, logRecords: [{ timeUnixNano: '1' }, { timeUnixNano: '4' }] },
              { scope: { name: 'y' }, schemaUrl: 'v', logRecords: [{ timeUnixNano: '2' }] },
            ],
          },
          { resource: {}, scopeLogs: [{ scope: {}, logRecords: [{ timeUnixNano: '3' }] }] },
        ],
      },
    ])
  })

  test('gives a request for every recordsMax records, and the rest at the end', () => {
    const lines = [B, ...Array.from({ length: 5 }, (_, i) => log(i, 'B'))]
    expect(sizes(all('logs', lines, 2))).toEqual([2, 2, 1])
    expect(sizes(all('logs', [B, ...Array.from({ length: 1025 }, (_, i) => log(i, 'B'))]))).toEqual([
      512, 512, 1,
    ])
    expect(all('logs', [HEADER, B])).toEqual([])
  })

  test('passes over lines of other signals', () => {
    expect(all('traces', [B, log(1, 'B')])).toEqual([])
  })

  test('points come back under their metric, numbers as they were', () => {
    const metric = '{"metric":"M","name":"m","type":"sum","unit":"1","temporality":"delta","monotonic":true}'
    const points = [
      '{"point":"m","metric":"M","time":"1","value":1.0,"in":"B"}',
      '{"point":"m","metric":"M","time":"2","value":{"$int":"9223372036854775807"},"in":"B"}',
    ]
    const writer = createOtlpWriter('metrics')
    for (const line of [B, metric, ...points]) writer.add(line)
    expect(writer.end()).toBe(
      '{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"scope":{},"metrics":[{"name":"m","unit":"1","sum":{"aggregationTemporality":1,"isMonotonic":true,"dataPoints":[' +
        '{"timeUnixNano":"1","asDouble":1.0},{"timeUnixNano":"2","asInt":"9223372036854775807"}]}}]}]}]}',
    )
  })

  test('a record without its definition, and a line that is no JSON, are errors that say so', () => {
    expect(() => all('logs', [log(1, 'nope')])).toThrow(
      'no definition "nope" before the record that refers to it',
    )
    expect(() => all('logs', ['{"log":'])).toThrow('not JSON at offset 7')
    expect(() => all('logs', ['[]'])).toThrow('a line is a JSON object')
    expect(() => all('logs', ['['.repeat(100_000)])).toThrow('not JSON')
  })
})
