import type { ExportBatch } from '@spanledger/export'
import { LedgerProcessor, type RecordRedactor } from '@spanledger/sdk/record'
import { simulatedPlatform } from '../../../../sdk/src/platform/testing/index.ts'

const report = (_: string, problem: unknown): void => {
  throw problem
}

/** The lines that the SDK itself writes into a home, sorted, without the segment's header. */
export async function linesOfSdk(batch: ExportBatch, redactor: RecordRedactor): Promise<string[]> {
  const { machine, ...platform } = simulatedPlatform({ seed: 1 })
  const { resource } = batch
  const processor = new LedgerProcessor({ platform, resource, home: '/home', report, redactor })
  if (batch.kind === 'spans') batch.records.forEach((span) => processor.span(span))
  else if (batch.kind === 'logs') batch.records.forEach((log) => processor.log(log))
  else processor.metrics(batch.records)
  await processor.shutdown()
  const segments = [...machine.disk.names].filter(([path]) => path.startsWith(`/home/ledger/${batch.kind}/`))
  const lines = segments.flatMap(([, { bytes }]) => bytes.toString('utf8').split('\n').slice(1, -1))
  return lines.toSorted()
}
