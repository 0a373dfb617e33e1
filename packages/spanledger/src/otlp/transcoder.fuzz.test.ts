import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor } from '../redact/index.ts'
import { createOtlpWriter, createTranscoder, type Signal, type Transcoded } from './index.ts'
import { normalForm } from './testing/normal-form.ts'
import { fromOtlpJson, requests, toOtlpJson, toProtobuf } from './testing/oracle.ts'

const SIGNALS: Signal[] = ['traces', 'logs', 'metrics']
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
const runs = { seed, numRuns: Number(process.env['RUNS'] ?? 120) }

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8')
const readable = ({ batch, ...rest }: Transcoded): object => ({
  ...rest,
  kind: batch.kind,
  count: batch.count,
  lines: text(batch.lines),
  definitions: [...batch.definitions].map(([id, line]) => [id, text(line)]),
})

function exported(signal: Signal, { batch }: Transcoded): string[] {
  const writer = createOtlpWriter(signal)
  const lines = [
    ...[...batch.definitions.values()].map(text),
    ...text(batch.lines)
      .split('\n')
      .filter((line) => line !== ''),
  ]
  return [...lines.map((line) => writer.add(line)), writer.end()].filter((request) => request !== undefined)
}

const sorted = (all: Transcoded[]): string[] =>
  all
    .flatMap(({ batch }) => text(batch.lines).split('\n'))
    .filter((line) => line !== '')
    .toSorted()

describe.each(SIGNALS)('random %s', (signal) => {
  const redacting = createTranscoder({ redactor: createRedactor() })
  const verbatim = createTranscoder({ redactor: createRedactor({ enabled: false }) })

  test('give the same lines from protobuf and from JSON', () => {
    fc.assert(
      fc.property(requests(signal), (request) => {
        const fromProtobuf = redacting.protobuf(signal, toProtobuf(signal, request))
        expect(readable(redacting.json(signal, toOtlpJson(signal, request)))).toEqual(readable(fromProtobuf))
      }),
      runs,
    )
  })

  test('are lines of JSON, as many as were accepted, whose definitions are there', () => {
    fc.assert(
      fc.property(requests(signal), (request) => {
        const { batch, accepted, rejected, message } = redacting.protobuf(signal, toProtobuf(signal, request))
        const lines = text(batch.lines).split('\n')
        expect(lines.pop()).toBe('')
        expect(lines.length).toBe(accepted)
        expect(batch.count).toBe(accepted)
        expect(message.startsWith(`${rejected} rejected`)).toBe(rejected > 0)
        for (const line of lines) {
          const record = JSON.parse(line) as Record<string, string>
          expect(batch.definitions.has(record['in']!)).toBe(true)
          expect(batch.definitions.has(record['metric'] ?? record['in']!)).toBe(true)
        }
      }),
      runs,
    )
  })

  test('come back as they were: lines to OTLP/JSON to what the oracle reads', () => {
    fc.assert(
      fc.property(requests(signal), (request) => {
        const transcoded = verbatim.protobuf(signal, toProtobuf(signal, request))
        const back = exported(signal, transcoded).flatMap((json) =>
          normalForm(signal, fromOtlpJson(signal, json)),
        )
        expect(back.toSorted()).toEqual(normalForm(signal, request))
      }),
      runs,
    )
  })

  test('export and import again is the same lines', () => {
    fc.assert(
      fc.property(requests(signal), (request) => {
        const first = verbatim.protobuf(signal, toProtobuf(signal, request))
        const again = exported(signal, first).map((json) => verbatim.json(signal, Buffer.from(json)))
        expect(sorted(again)).toEqual(sorted([first]))
      }),
      runs,
    )
  })
})
