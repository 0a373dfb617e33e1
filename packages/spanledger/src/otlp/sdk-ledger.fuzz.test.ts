import { ProtobufEncoder } from '@spanledger/sdk/export'
import { type ExportBatch, LedgerProcessor } from '@spanledger/sdk/record'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { simulatedPlatform } from '../../../sdk/src/platform/testing/index.ts'
import { batches } from '../../../sdk/src/export/testing/arbitrary.ts'
import { createRedactor } from '../redact/index.ts'
import { createTranscoder } from './index.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
const runs = { seed, numRuns: Number(process.env['RUNS'] ?? 25) }
const KINDS = [
  ['spans', 'traces'],
  ['logs', 'logs'],
  ['metrics', 'metrics'],
] as const

const report = (_: string, problem: unknown): void => {
  throw problem
}

/** The lines that the SDK itself writes into a home, without the segment's header. */
async function written(batch: ExportBatch): Promise<string[]> {
  const { machine, ...platform } = simulatedPlatform({ seed: 1 })
  const processor = new LedgerProcessor({ platform, resource: batch.resource, home: '/home', report })
  if (batch.kind === 'spans') batch.records.forEach((span) => processor.span(span))
  else if (batch.kind === 'logs') batch.records.forEach((log) => processor.log(log))
  else processor.metrics(batch.records)
  await processor.shutdown()
  const segments = [...machine.disk.names].filter(([path]) => path.startsWith(`/home/ledger/${batch.kind}/`))
  const lines = segments.flatMap(([, { bytes }]) => bytes.toString('utf8').split('\n').slice(1, -1))
  return lines.toSorted()
}

describe.each(KINDS)('%s', (kind, signal) => {
  const encoder = new ProtobufEncoder()
  const transcoder = createTranscoder({ redactor: createRedactor({ enabled: false }) })

  test('leave the same lines whether the SDK writes them or sends them', async () => {
    await fc.assert(
      fc.asyncProperty(batches(kind), async (sent) => {
        const { batch } = transcoder.protobuf(signal, encoder.encode(sent))
        const all = [...batch.definitions.values(), batch.lines].map((bytes) => Buffer.from(bytes).toString())
        const lines = all.join('').split('\n').slice(0, -1)
        expect(await written(sent)).toEqual(lines.toSorted())
      }),
      runs,
    )
  })
})
