import { inject, live } from '@spanledger/sdk'

/** A job as it lies in a queue: plain JSON, with the context it was enqueued in. */
export interface Job<Data = unknown> {
  /** Unique; the stream of its events is `job-{id}`. */
  readonly id: string
  readonly name: string
  readonly data: Data
  /** Absent when it was enqueued while recording was off. */
  readonly context?: JobContext
}

/** Source: W3C Trace Context, Baggage; and when the job began to wait. */
export interface JobContext {
  readonly traceparent?: string
  readonly tracestate?: string
  readonly baggage?: string
  readonly enqueuedUnixMs?: number
}

/** The job with the active context in it. */
export function carrying<Data>(job: Omit<Job<Data>, 'context'>): Job<Data> {
  return live === undefined ? job : { ...job, context: inject({ enqueuedUnixMs: Math.round(nowUnixMs()) }) }
}

/** How long it has waited, in seconds; undefined when nobody knows. Clocks of two machines may differ: never negative. */
export function waitedSeconds(job: Job): number | undefined {
  const since = job.context?.enqueuedUnixMs
  if (live === undefined || typeof since !== 'number' || !Number.isFinite(since)) return undefined
  return Math.max(0, (nowUnixMs() - since) / 1_000)
}

function nowUnixMs(): number {
  const { clock } = live!.recorder
  clock.read()
  return clock.seconds * 1_000 + clock.nanos / 1e6
}
