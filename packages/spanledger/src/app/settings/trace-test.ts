import type { SdkConfig } from '@spanledger/sdk/config'
import { batchProcessor, consoleExporter, type OtlpExporter, otlpExporter } from '@spanledger/export'
import { nodePlatform, type Platform, uuidv7 } from '@spanledger/sdk/platform'
import { alwaysOn, detectResource, LedgerProcessor, type Processor, Recorder } from '@spanledger/sdk/record'
import { otlpOptions } from '@spanledger/export/setup'
import { recorderSettings } from '@spanledger/sdk/setup'
import type { Destination, TraceTestAnswer, TraceTestResult } from '../../cli/index.ts'
import { inspectConfig, type Surroundings } from './inspect.ts'
import { findInDaemon, findInLedger } from './find-trace.ts'
import { adviceFor } from './trace-test-advice.ts'
import { destinationsOf } from './trace-status.ts'

/** Names of the test's spans: one, and one within it. */
const SPANS = ['spanledger trace test', 'inner']

/**
 * Sends a trace to each destination that the configuration names for traces, and looks whether it arrived: in the ledger by reading
 * it, at a collector by its answer, and where the collector is the home's own daemon by asking that. Each once, without the spool.
 */
export async function testTrace(surroundings: Surroundings): Promise<TraceTestAnswer> {
  const { config, findings } = inspectConfig(surroundings)
  const platform = nodePlatform()
  const results: TraceTestResult[] = []
  for (const destination of destinationsOf(config, 'traces'))
    results.push(await testOne(platform, config, destination))
  const next = !config.enabled
    ? 'recording is off: spanledger trace enable'
    : results.length === 0
      ? 'traces go nowhere: spanledger trace enable --exporter ledger'
      : null
  return { ok: next === null && results.every(({ ok }) => ok), results, next, findings }
}

async function testOne(
  platform: Platform,
  config: SdkConfig,
  destination: Destination,
): Promise<TraceTestResult> {
  const problems: string[] = []
  const tell = (problem: unknown): void =>
    void problems.push(problem instanceof Error ? problem.message : String(problem))
  const startedMs = platform.clock.monotonicMs()
  const { traceId, otlp } = await send(platform, config, destination.exporter, tell)
  const how = await arrived(platform, config, destination, { traceId, otlp }, tell)
  const ok = how !== undefined
  return {
    ...destination,
    ok,
    traceId,
    how: how ?? null,
    problem: ok ? null : (problems.at(-1) ?? 'the trace was sent, and is not there'),
    next: ok ? null : adviceFor(destination, problems.join(' ')),
    tookMs: Math.round(platform.clock.monotonicMs() - startedMs),
  }
}

/** Records two spans as any program would, and waits until they are gone. */
async function send(
  platform: Platform,
  config: SdkConfig,
  exporter: Destination['exporter'],
  tell: (problem: unknown) => void,
): Promise<{ traceId: string; otlp: OtlpExporter | undefined }> {
  const settings = recorderSettings(config)
  const resource = detectResource({
    folder: process.cwd(),
    instanceId: uuidv7(platform),
    serviceName: config.service.name ?? 'spanledger-trace-test',
    configured: { ...config.resource, 'service.version': config.service.version },
    attributes: undefined,
  })
  const { spool: _, ...options } = otlpOptions(config)
  // Asked once: whoever tests wants to know, not to wait.
  const otlp =
    exporter === 'otlp' ? otlpExporter(platform, { ...options, retryMsMax: 0, warn: tell }) : undefined
  const processor: Processor =
    exporter === 'ledger'
      ? new LedgerProcessor({
          platform,
          resource,
          home: config.exporters.ledger.home ?? '',
          report: (_part, problem) => tell(problem),
        })
      : batchProcessor({
          platform,
          resource,
          exporter: otlp ?? consoleExporter(undefined, undefined, config.exporters.console.pretty),
          environment: {},
          flushMsMax: config.shutdown.timeout,
        })
  const recorder = new Recorder({
    ...settings,
    platform,
    resource,
    processors: [processor],
    sampler: alwaysOn,
  })
  const tracer = recorder.tracer('spanledger')
  const traceId = tracer.startActiveSpan(SPANS[0]!, { root: true }, (outer) => {
    tracer.startActiveSpan(SPANS[1]!, (inner) => inner.end())
    outer.end()
    return outer.spanContext().traceId
  })
  await recorder.shutdown()
  return { traceId, otlp }
}

/** How it is known that all of the trace arrived; undefined when it did not. */
async function arrived(
  platform: Platform,
  config: SdkConfig,
  { exporter, to }: Destination,
  { traceId, otlp }: { traceId: string; otlp: OtlpExporter | undefined },
  tell: (problem: unknown) => void,
): Promise<TraceTestResult['how'] | undefined> {
  const { home } = config.exporters.ledger
  if (exporter === 'console') return 'printed'
  if (exporter === 'ledger') {
    const found = home === undefined ? 0 : await findInLedger(platform, home, traceId).catch(tell)
    return found === SPANS.length ? 'read from the ledger' : undefined
  }
  if (otlp?.stats().traces.delivered !== SPANS.length) return undefined
  const found = home === undefined ? undefined : await findInDaemon(platform, { home, url: to, traceId })
  if (found === undefined) return 'accepted by the collector'
  if (found === SPANS.length) return 'found by the daemon'
  tell(`the daemon took the trace, and finds ${found} of its ${SPANS.length} spans`)
  return undefined
}
