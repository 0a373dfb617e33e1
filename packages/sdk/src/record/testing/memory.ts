import { nodePlatform } from '../../platform/index.ts'
import type { LogData, MetricData, SpanData } from '../data.ts'
import type { Processor } from '../processor.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { Recorder } from '../recorder.ts'
import type { RecorderOptions } from '../recorder.ts'
import { alwaysOn, parentBased } from '../sampler.ts'

/** A recorder that keeps what it made, under a clock that only the test moves. */
export function memoryRecorder(options: Partial<RecorderOptions> = {}): {
  recorder: Recorder
  spans: SpanData[]
  logs: LogData[]
  metrics: MetricData[]
  clock: { wallMs: number; monotonicMs: number; advance(ms: number): void }
} {
  const spans: SpanData[] = []
  const logs: LogData[] = []
  const metrics: MetricData[] = []
  const clock = {
    wallMs: 1_795_000_000_000,
    monotonicMs: 5_000,
    advance(ms: number) {
      clock.wallMs += ms
      clock.monotonicMs += ms
    },
  }
  const processor: Processor = {
    span: (span) => void spans.push(span),
    log: (log) => void logs.push(log),
    metrics: (collected) => void metrics.push(...collected),
    forceFlush: async () => {},
    shutdown: async () => {},
  }
  const real = nodePlatform()
  const recorder = new Recorder({
    platform: {
      random: real.random,
      clock: { ...real.clock, nowMs: () => clock.wallMs, monotonicMs: () => clock.monotonicMs },
    },
    resource: { attributes: ['service.name', 'test'], schemaUrl: '' },
    processors: [processor],
    sampler: parentBased(alwaysOn),
    limits: DEFAULT_LIMITS,
    severityMin: 1,
    temporality: 'cumulative',
    ...options,
  })
  return { recorder, spans, logs, metrics, clock }
}
