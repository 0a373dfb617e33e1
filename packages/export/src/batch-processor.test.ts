import { expect, test } from 'vitest'
import { nodePlatform } from '@spanledger/sdk/platform'
import { context } from '@spanledger/sdk/record'
import type { ExportBatch, ExportResult, Exporter } from './exporter.ts'
import { batchLimits } from './batch-limits.ts'
import { batchProcessor } from './batch-processor.ts'
import type { BatchOptions } from './batch-processor.ts'
import { RESOURCE, log, metric, span } from './testing/records.ts'

/** Takes everything, or does what `answer` says; never two exports of a kind at once. */
function recordingExporter(answer?: (batch: ExportBatch) => Promise<ExportResult>) {
  const batches: ExportBatch[] = []
  const running = new Set<string>()
  const calls: string[] = []
  const exporter: Exporter = {
    async export(batch) {
      expect(running.has(batch.kind)).toBe(false)
      expect(context.active().suppressed).toBe(true)
      running.add(batch.kind)
      batches.push(batch)
      await new Promise((resolve) => setImmediate(resolve))
      running.delete(batch.kind)
      return answer?.(batch) ?? { accepted: batch.records.length, rejected: 0, message: '' }
    },
    async forceFlush() {
      calls.push('forceFlush')
    },
    async shutdown() {
      calls.push('shutdown')
    },
  }
  return { exporter, batches, calls }
}

const processorTo = (exporter: Exporter, more: Partial<BatchOptions> = {}) =>
  batchProcessor({ platform: nodePlatform(), exporter, resource: RESOURCE, environment: {}, ...more })
const names = (batches: ExportBatch[]): string[] =>
  batches.flatMap((batch) => (batch.kind === 'spans' ? batch.records.map(({ name }) => name) : []))

test('forceFlush exports everything in order, over any number of batches', async () => {
  const { exporter, batches, calls } = recordingExporter()
  const processor = processorTo(exporter, { spans: { queueMax: 20_000 } })
  const expected = Array.from({ length: 20_000 }, (_, i) => `span ${i}`)
  for (const name of expected) processor.span(span({ name }))
  processor.log(log())
  processor.metrics([metric(), metric()])
  await processor.forceFlush()
  expect(names(batches)).toEqual(expected)
  expect(batches.filter(({ kind }) => kind === 'spans').length).toBe(Math.ceil(20_000 / 512))
  expect(
    batches.filter(({ kind }) => kind !== 'spans').map(({ kind, records }) => [kind, records.length]),
  ).toEqual([
    ['logs', 1],
    ['metrics', 2],
  ])
  expect(calls).toEqual(['forceFlush'])
})

test('a full batch is exported at once, fewer after the delay, what comes meanwhile with the next', async () => {
  const { exporter, batches } = recordingExporter()
  const processor = processorTo(exporter, { spans: { batchMax: 3, delayMs: 20 } })
  for (let i = 0; i < 7; i++) processor.span(span({ name: String(i) }))
  await expect.poll(() => names(batches)).toEqual(['0', '1', '2', '3', '4', '5', '6'])
  expect(batches.map(({ records }) => records.length)).toEqual([3, 3, 1])
  processor.span(span({ name: 'later' }))
  await expect.poll(() => names(batches)).toContain('later')
})

test('what does not fit is dropped and counted, by number and by size', async () => {
  const { exporter, batches } = recordingExporter()
  const processor = processorTo(exporter, { spans: { queueMax: 10 }, logs: { queueBytesMax: 10_000 } })
  for (let i = 0; i < 25; i++) processor.span(span({ name: String(i) }))
  for (let i = 0; i < 25; i++) processor.log(log({ body: 'x'.repeat(4_000) }))
  await processor.forceFlush()
  expect(names(batches)).toEqual(Array.from({ length: 10 }, (_, i) => String(i)))
  expect(processor.stats()).toMatchObject({
    spans: { exported: 10, dropped: 15 },
    logs: { exported: 3, dropped: 22 },
  })
  processor.span(span())
  await processor.forceFlush()
  expect(processor.stats().spans).toEqual({ exported: 11, failed: 0, dropped: 15 })
})

test('what a full queue drops is told when the next batch leaves, and once more at the end, with the setting', async () => {
  const { exporter } = recordingExporter()
  const warnings: string[] = []
  const processor = processorTo(exporter, {
    spans: { queueMax: 10, batchMax: 10 },
    warn: (text) => warnings.push(text),
  })
  const burst = async (): Promise<void> => {
    for (let i = 0; i < 25; i++) processor.span(span())
    await processor.forceFlush()
  }
  const setting = 'batch.spans.queue (OTEL_BSP_MAX_QUEUE_SIZE) makes it larger'
  const first = `15 spans dropped so far, since the queue was full: ${setting}`
  await burst()
  expect(warnings).toEqual([first])
  await burst()
  await processor.shutdown()
  processor.flushSync?.()
  expect(warnings).toEqual([first, `30 spans dropped in all, since the queue was full: ${setting}`])
})

test('an exporter that refuses, throws, or never ends costs its batch and nothing else', async () => {
  const answers = [
    async () => ({ accepted: 1, rejected: 1, message: 'no' }),
    () => Promise.reject(new Error('not ours')),
    () => new Promise<never>(() => {}),
  ]
  const { exporter } = recordingExporter(
    () => answers.shift()?.() ?? Promise.resolve({ accepted: 2, rejected: 0, message: '' }),
  )
  const processor = processorTo(exporter, { spans: { batchMax: 2, exportTimeoutMs: 50 } })
  for (let i = 0; i < 8; i++) processor.span(span())
  await expect.poll(() => processor.stats().spans).toEqual({ exported: 3, failed: 5, dropped: 0 })
})

test('shutdown flushes once; what comes after it is exported by the end of the process alone', async () => {
  const { exporter, batches, calls } = recordingExporter()
  const last: ExportBatch[] = []
  const processor = processorTo({ ...exporter, exportSync: (more) => void last.push(...more) })
  processor.span(span())
  await Promise.all([processor.shutdown(), processor.shutdown()])
  processor.span(span({ name: 'late' }))
  await processor.shutdown()
  await processor.forceFlush()
  expect(names(batches)).toHaveLength(1)
  expect(calls).toEqual(['shutdown', 'forceFlush'])
  processor.flushSync?.()
  processor.flushSync?.()
  expect(names(last)).toEqual(['late'])
  expect(processor.stats().spans).toEqual({ exported: 1, failed: 0, dropped: 0 })
})

test('a flush and a shutdown have one bound, which the exporter is told; what is left then goes to it to be kept', async () => {
  const told: (readonly [string, number | undefined])[] = []
  const kept: ExportBatch[] = []
  const { exporter } = recordingExporter(() => new Promise<never>(() => {}))
  const processor = processorTo(
    {
      ...exporter,
      forceFlush: async (ms) => void told.push(['flush', ms]),
      shutdown: async (ms) => void told.push(['shutdown', ms]),
      exportSync: (batches, ms) => {
        kept.push(...batches)
        told.push(['keep', ms])
      },
    },
    { spans: { batchMax: 2 }, flushMsMax: 100 },
  )
  for (let i = 0; i < 5; i++) processor.span(span({ name: String(i) }))
  await processor.forceFlush()
  await processor.shutdown()
  expect(told).toEqual([
    ['flush', 0],
    ['keep', 0],
    ['shutdown', 0],
  ])
  // The first two are on their way, the exporter's own.
  expect(names(kept)).toEqual(['2', '3', '4'])
})

test('one of several that hangs or fails does not hold up the others', async () => {
  const good = recordingExporter()
  const hanging = recordingExporter(() => new Promise<never>(() => {}))
  const failing = recordingExporter(() => Promise.reject(new Error('no')))
  const limits = { batchMax: 2, exportTimeoutMs: 100 }
  const processors = [hanging, failing, good].map(({ exporter }) =>
    processorTo(exporter, { spans: limits, logs: limits }),
  )
  for (const one of processors) {
    for (let i = 0; i < 6; i++) one.span(span({ name: String(i) }))
    one.log(log())
    one.metrics([metric()])
  }
  await expect.poll(() => names(good.batches)).toEqual(['0', '1', '2', '3', '4', '5'])
  await Promise.all(processors.map((one) => one.shutdown()))
  expect(good.calls).toEqual(['shutdown'])
  expect(processors[2]!.stats().logs).toMatchObject({ exported: 1 })
  expect(processors[1]!.stats().spans).toMatchObject({ failed: 6 })
})

test('the standard variables', () => {
  const warnings: string[] = []
  const read = (environment: Record<string, string>) =>
    batchLimits('BSP', environment, (text) => warnings.push(text))
  expect(read({})).toMatchObject({ queueMax: 65_536, batchMax: 512, delayMs: 5_000, exportTimeoutMs: 30_000 })
  expect(batchLimits('BLRP', {}, () => {}).delayMs).toBe(1_000)
  const values = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_SCHEDULE_DELAY: '0', OTEL_BSP_EXPORT_TIMEOUT: '' }
  expect(read(values)).toMatchObject({ queueMax: 100, batchMax: 100, delayMs: 0, exportTimeoutMs: 30_000 })
  expect(warnings).toEqual([])
  expect(read({ OTEL_BSP_MAX_QUEUE_SIZE: '0', OTEL_BSP_SCHEDULE_DELAY: '5s' })).toMatchObject({
    queueMax: 65_536,
  })
  expect(warnings).toEqual([
    'OTEL_BSP_MAX_QUEUE_SIZE="0" is ignored: it should be a whole number above 0',
    'OTEL_BSP_SCHEDULE_DELAY="5s" is ignored: it should be a whole number',
  ])
})
