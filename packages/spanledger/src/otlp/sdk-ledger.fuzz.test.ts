import { ProtobufEncoder } from '@spanledger/export'
import { RecordRedactor } from '@spanledger/sdk/record'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches } from '../../../export/src/testing/arbitrary.ts'
import { createRedactor } from '@spanledger/sdk/redact'
import { createTranscoder } from './index.ts'
import { linesOfSdk } from './testing/lines-of-sdk.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
const runs = { seed, numRuns: Number(process.env['RUNS'] ?? 25) }
const KINDS = [
  ['spans', 'traces'],
  ['logs', 'logs'],
  ['metrics', 'metrics'],
] as const

describe.each(KINDS)('%s', (kind, signal) => {
  const encoder = new ProtobufEncoder()
  const redactor = createRedactor({ enabled: false })
  const transcoder = createTranscoder({ redactor })

  test('leave the same lines whether the SDK writes them or sends them', async () => {
    await fc.assert(
      fc.asyncProperty(batches(kind), async (sent) => {
        const { batch } = transcoder.protobuf(signal, encoder.encode(sent))
        const all = [...batch.definitions.values(), batch.lines].map((bytes) => Buffer.from(bytes).toString())
        const lines = all.join('').split('\n').slice(0, -1)
        expect(await linesOfSdk(sent, new RecordRedactor(redactor))).toEqual(lines.toSorted())
      }),
      runs,
    )
  })
})
