import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { encodeJson, ProtobufEncoder } from '@spanledger/export'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches } from '../../../export/src/testing/arbitrary.ts'
import { createRedactor } from '@spanledger/sdk/redact'
import { createTranscoder } from './index.ts'
import { normalForm } from './testing/normal-form.ts'
import { fromOtlpJson, requestType } from './testing/oracle.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
const runs = { seed, numRuns: Number(process.env['RUNS'] ?? 200) }

const KINDS = [
  ['spans', 'traces'],
  ['logs', 'logs'],
  ['metrics', 'metrics'],
] as const
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')

describe.each(KINDS)('the SDK writes %s', (kind, signal) => {
  const encoder = new ProtobufEncoder()
  const transcoder = createTranscoder({ redactor: createRedactor({ enabled: false }) })

  test('as the oracle reads and writes them, and the same in both encodings', () => {
    fc.assert(
      fc.property(batches(kind), (batch) => {
        const bytes = encoder.encode(batch)
        const message = fromBinary(requestType(signal), bytes)
        // Nothing that it does not know, and no field in another form than its own.
        expect(message.$unknown).toBeUndefined()
        expect(toBinary(requestType(signal), message).length).toBe(bytes.length)
        const json = fromOtlpJson(signal, text(encodeJson(batch)))
        expect(normalForm(signal, json)).toEqual(normalForm(signal, message))
      }),
      runs,
    )
  })

  test('so that the ledger gets the same lines from both encodings, one for each record', () => {
    fc.assert(
      fc.property(batches(kind), (batch) => {
        const fromProtobuf = transcoder.protobuf(signal, encoder.encode(batch))
        const fromJson = transcoder.json(signal, encodeJson(batch))
        expect(text(fromJson.batch.lines)).toBe(text(fromProtobuf.batch.lines))
        expect(fromProtobuf.rejected).toBe(0)
        const count =
          batch.kind === 'metrics'
            ? batch.records.reduce((sum, { points }) => sum + points.length, 0)
            : batch.records.length
        expect(fromProtobuf.accepted).toBe(count)
      }),
      runs,
    )
  })
})

test('values of every kind arrive exactly', () => {
  const transcoder = createTranscoder({ redactor: createRedactor({ enabled: false }) })
  const scope = { name: 's', version: '', schemaUrl: '', attributes: [] }
  const attributes = [
    'int',
    2 ** 53 - 1,
    'big',
    -(2n ** 63n),
    'double',
    0.1,
    'nan',
    Number.NaN,
    'none',
    null,
  ].concat(['bytes', new Uint8Array([0, 255]), 'list', ['a', 1, [true]], 'map', { a: { b: 2.5 } }] as never[])
  const log = {
    seconds: 1_795_000_000,
    nanos: 123_456_789,
    observedSeconds: 1_795_000_000,
    observedNanos: 999_999_999,
    severity: 9,
    severityText: '',
    eventName: '',
    body: 'grüße \ud800',
    traceId: '',
    spanId: '',
    flags: 0,
    attributes,
    droppedAttributes: 0,
    scope,
  }
  const batch = { kind: 'logs', resource: { attributes: [], schemaUrl: '' }, records: [log] } as const
  for (const lines of [
    transcoder.protobuf('logs', new ProtobufEncoder().encode(batch)),
    transcoder.json('logs', encodeJson(batch)),
  ]) {
    expect(text(lines.batch.lines)).toMatch(
      '{"log":"1795000000123456789","observed":"1795000000999999999","severity":9,"body":"grüße \ufffd","attrs":' +
        '{"int":9007199254740991,"big":',
    )
    expect(JSON.parse(text(lines.batch.lines))).toMatchObject({
      attrs: { double: 0.1, none: null, list: ['a', 1, [true]], map: { a: { b: 2.5 } } },
    })
  }
})
