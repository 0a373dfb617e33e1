export { childEnvironment, inject, runWithCarrier } from './carriers.ts'
export { live } from './live.ts'
export type { Live } from './live.ts'
export { log } from './log.ts'
export { counter, gauge, histogram, observe, upDownCounter } from './metrics.ts'
export type { Counter, ObservableKind, Recordable } from './metrics.ts'
export { scope } from './scope.ts'
export type { Scoped } from './scope.ts'
export { activeSpan, record, startSpan, withSpan, withSpanSync } from './spans.ts'
export { forceFlush, isRecording, shutdown, start } from './start.ts'
export type {
  Attributes,
  InstrumentOptions,
  Processor,
  Sampler,
  Span,
  SpanContext,
  SpanOptions,
} from '../record/index.ts'
export type { StartOptions } from '../setup/index.ts'
