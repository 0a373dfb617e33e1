import { type ExportBatch, type Exporter, ProtobufEncoder, redactingExporter } from '@spanledger/export'
import { RecordRedactor } from '@spanledger/sdk/record'
import { createRedactor } from '@spanledger/sdk/redact'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches } from '../../../export/src/testing/arbitrary.ts'
import { createTranscoder } from './index.ts'
import { linesOfSdk } from './testing/lines-of-sdk.ts'
import { plant } from './testing/plant.ts'

const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`)
const runs = { seed, numRuns: Number(process.env['RUNS'] ?? 20) }

const CONFIGS = {
  'the built-in rules': {},
  'rules for content': { content: { prompts: 'hash', toolInput: 'drop', toolOutput: 'hash' } },
  "one's own patterns, names and exceptions": {
    patterns: [{ name: 'ticket', regex: 'TICKET-\\d+' }],
    keys: ['licence_plate'],
    allow: ['authorization', 'session.token', 'password'],
  },
  'redaction switched off': { enabled: false },
} as const

const keepingIn = (kept: ExportBatch[]): Exporter => ({
  export: () => Promise.resolve({ accepted: 0, rejected: 0, message: '' }),
  exportSync: (sent) => void kept.push(...sent),
  forceFlush: async () => {},
  shutdown: async () => {},
})

describe.each(['spans', 'logs', 'metrics'] as const)('%s with secrets in them', (kind) => {
  const encoder = new ProtobufEncoder()
  const planted = fc
    .tuple(batches(kind), fc.infiniteStream(fc.nat()))
    .map(([batch, numbers]) => plant(batch, (below) => numbers.next().value! % below))

  test.each(Object.entries(CONFIGS))('leave the same lines by both ways under %s', async (_, config) => {
    const redactor = createRedactor(config as Parameters<typeof createRedactor>[0])
    const transcoder = createTranscoder({ redactor })
    const linesOf = (bytes: Uint8Array): string[] => {
      const signal = kind === 'spans' ? 'traces' : kind
      const { batch } = transcoder.protobuf(signal, bytes)
      const all = [...batch.definitions.values(), batch.lines].map((each) => Buffer.from(each).toString())
      return all.join('').split('\n').slice(0, -1).toSorted()
    }
    await fc.assert(
      fc.asyncProperty(planted, async (sent) => {
        const lines = linesOf(encoder.encode(sent))
        expect(await linesOfSdk(sent, new RecordRedactor(redactor))).toEqual(lines)
        // What is sent elsewhere lacks the same, so that whoever receives it finds nothing more.
        const kept: ExportBatch[] = []
        redactingExporter(keepingIn(kept), new RecordRedactor(redactor)).exportSync!([sent])
        expect(kept.map((clean) => linesOf(encoder.encode(clean)))).toEqual([lines])
      }),
      runs,
    )
  })
})
