import type { Span } from '../record/index.ts'

const NOWHERE = { traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 } as const

/** What instrumented code gets while recording is off. */
export const NO_SPAN: Span = {
  spanContext: () => NOWHERE,
  isRecording: () => false,
  setAttribute: () => NO_SPAN,
  setAttributes: () => NO_SPAN,
  addEvent: () => NO_SPAN,
  addLink: () => NO_SPAN,
  addLinks: () => NO_SPAN,
  setStatus: () => NO_SPAN,
  updateName: () => NO_SPAN,
  recordException: () => {},
  end: () => {},
} as unknown as Span
