import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRedactor } from '@spanledger/sdk/redact'
import {
  createOtlpWriter,
  createTranscoder,
  MalformedOtlpError,
  type Signal,
  type Transcoded,
} from './index.ts'
import { normalForm } from './testing/normal-form.ts'
import { canonical, fromOtlpJson, requests, requestType, toOtlpJson, toProtobuf } from './testing/oracle.ts'
import { scramble } from './testing/scramble.ts'
import { mulberry32 } from './testing/workload.ts'

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

  test('mean what the oracle says, however an encoder wrote them', () => {
    fc.assert(
      fc.property(requests(signal), fc.nat(), (request, scrambleSeed) => {
        const bytes = scramble(requestType(signal), toProtobuf(signal, request), mulberry32(scrambleSeed))
        const expected = redacting.protobuf(signal, canonical(signal, bytes))
        expect(readable(redacting.protobuf(signal, bytes))).toEqual(readable(expected))
      }),
      runs,
    )
  })

  test('never let a secret through, whatever string it stands in', () => {
    const secret = ['gh', 'p_', 'a1B2c3D4e5'.repeat(4)].join('')
    fc.assert(
      fc.property(requests(signal, fc.constant(`key ${secret} end`)), (request) => {
        const { batch, redacted } = redacting.protobuf(signal, toProtobuf(signal, request))
        const everything = [batch.lines, ...batch.definitions.values()].map(text).join('')
        expect(everything).not.toContain(secret)
        expect(everything.includes('[redacted:github-token]')).toBe(
          redacted > 0 && everything.includes('github'),
        )
      }),
      runs,
    )
  })

  test('cut short or with bytes changed are malformed or lines, and nothing else', () => {
    fc.assert(
      fc.property(requests(signal), fc.nat(), (request, damageSeed) => {
        const random = mulberry32(damageSeed)
        const whole = toProtobuf(signal, request)
        const json = toOtlpJson(signal, request)
        for (let round = 0; round < 20; round++) {
          const isJson = round % 4 === 0
          const damaged = damage(isJson ? json : whole, random)
          expect(
            outcome(() => (isJson ? redacting.json(signal, damaged) : redacting.protobuf(signal, damaged))),
          ).toMatch(/^(?:lines|MALFORMED_OTLP)$/)
        }
      }),
      runs,
    )
  })
})

/** Cuts, flips or repeats at a random place. */
function damage(bytes: Uint8Array, random: () => number): Uint8Array {
  const damaged = Uint8Array.from(bytes)
  const at = Math.floor(random() * damaged.length)
  if (random() < 0.3) return damaged.subarray(0, at)
  for (let i = 0; i <= random() * 3; i++)
    damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256)
  return damaged
}

/** Every line must still be JSON. */
function outcome(transcode: () => Transcoded): string {
  try {
    const { batch } = transcode()
    for (const line of text(batch.lines).split('\n').slice(0, -1)) JSON.parse(line)
    return 'lines'
  } catch (error) {
    return error instanceof MalformedOtlpError ? error.code : `${(error as Error).stack}`
  }
}
