import type { SignalBatch } from '@spanledger/sdk/store'

export type Signal = 'traces' | 'metrics' | 'logs'

/** What one OTLP request became. */
export interface Transcoded {
  /** Lines and the definitions they refer to; the caller's own. Without lines when `accepted` is 0. */
  batch: SignalBatch
  /** Spans, log records or data points. */
  accepted: number
  /** Partial success: the others were taken. */
  rejected: number
  /** Why, and the first place; empty when there is nothing to tell. */
  message: string
  /** Places where a secret stood. */
  redacted: number
  /** Something in it may matter to a coding agent's adapter. */
  agents: boolean
}

export const KIND_OF = { traces: 'spans', logs: 'logs', metrics: 'metrics' } as const
