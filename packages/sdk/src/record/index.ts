export { attributeList, cleanValue } from './attributes.ts'
export type { Attributes } from './attributes.ts'
export { Baggage } from './baggage.ts'
export type { BaggageEntry, BaggageLike } from './baggage.ts'
export type { RecordClock, TimeInput } from './clock.ts'
export { Context, ROOT_CONTEXT, context, contextOf, runSuppressed } from './context.ts'
export type { ContextLike } from './context.ts'
export type * from './data.ts'
export type { ExportBatch, Exporter, ExportResult, Processor } from './exporter.ts'
export { LedgerProcessor } from './ledger/ledger-processor.ts'
export { DEFAULT_LIMITS } from './limits.ts'
export type { RecordLimits } from './limits.ts'
export { Logger, SEVERITY } from './log.ts'
export type { Level, LogInput } from './log.ts'
export { Counter, Gauge, Histogram, Observable } from './metrics/instruments.ts'
export type { ObservableCallback } from './metrics/instruments.ts'
export { Meter } from './metrics/meter.ts'
export type { InstrumentOptions } from './metrics/meter.ts'
export { probability } from './probability-sampler.ts'
export {
  FIELDS,
  contextOfEnvironment,
  environmentWith,
  extract,
  extractWith,
  inject,
  injectWith,
} from './propagation.ts'
export type { Carrier } from './propagation.ts'
export { recordWith } from './record.ts'
export { Recorder } from './recorder.ts'
export type { ScopeOptions } from './recorder.ts'
export { detectResource } from './resource/detect.ts'
export { reportOnce } from './report.ts'
export type { Report } from './report.ts'
export { alwaysOff, alwaysOn, byName, parentBased, traceIdRatio } from './sampler.ts'
export type { Sampler, SamplingRule } from './sampler.ts'
export type { Span } from './span.ts'
export type { SpanContext } from './span-context.ts'
export { startRecording } from './start.ts'
export type { Recording, RecordingOptions } from './start.ts'
export { TraceState } from './trace-state.ts'
export { Tracer } from './tracer.ts'
export type { SpanOptions } from './tracer.ts'
