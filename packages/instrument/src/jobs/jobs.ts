import { activeSpan } from '@spanledger/sdk'
import type { Span, SpanContext } from '@spanledger/sdk/record'
import { typeOf } from '../error-type.ts'
import { appendEvent } from '../event-sink.ts'
import type { EventSink } from '../event-sink.ts'
import { runOperation } from '../operation.ts'
import { carrying, waitedSeconds } from './job.ts'
import type { Job } from './job.ts'
import { jobTelemetry } from './job-telemetry.ts'

export interface JobsOptions {
  /** `messaging.destination.name`. */
  readonly queue: string
  /** Gets what happens to each job, in its stream `job-{id}`. */
  readonly events?: EventSink
  /** For jobs that come without an id. */
  readonly newId?: () => string
}

export interface Attempt {
  /** 1 for the first. */
  readonly attempt?: number
  /** A failure of this attempt is final. Without it every failure is: better an error too many than one that nobody sees. */
  readonly attemptsMax?: number
  /** A trace of its own, only linked with the one it was enqueued in: for jobs that wait for days. */
  readonly newTrace?: boolean
}

export type JobOutcome = 'completed' | 'retried' | 'failed'

/**
 * Records the way of jobs through a queue of any kind. The context travels within the job, so that whoever processes it, in
 * whatever process, continues the trace, and links the span in which it was enqueued.
 */
export class Jobs {
  readonly #options: JobsOptions

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /**
   * Puts a job into the queue: `send` gets what has to be sent. When its event could not be kept the job is not sent.
   *
   * Errors  EventsNotKeptError; what `send` throws.
   */
  async enqueue<Data, T>(
    job: { readonly name: string; readonly data: Data; readonly id?: string },
    send: (job: Job<Data>) => T | Promise<T>,
  ): Promise<T> {
    const { queue, events, newId = () => crypto.randomUUID() } = this.#options
    const { name, data, id = newId() } = job
    const keepAndSend = async (): Promise<T> => {
      await appendEvent(events, `job-${id}`, 'JobEnqueued', '', { queue, name })
      return send(carrying({ id, name, data }))
    }
    const telemetry = jobTelemetry()
    if (telemetry === undefined) return keepAndSend()
    const common = this.#common(name)
    return runOperation(
      telemetry,
      {
        name: `job.enqueue ${name}`,
        kind: 'producer',
        attributes: { ...common, 'messaging.operation.type': 'send', 'job.id': id },
        done(_span, { errorType }) {
          if (errorType !== undefined) return
          telemetry.queued.add(1, common)
          telemetry.depth.add(1, common)
        },
      },
      keepAndSend,
    )
  }

  /**
   * Runs one attempt at a job that was taken from the queue. What `fn` throws is thrown on, for the queue to decide; it is an
   * error of the span only when no attempt is left.
   *
   * Errors  EventsNotKeptError: before `fn` ran, or after it, then with the job's own failure as `jobError`; what `fn` throws.
   */
  async process<Data, T>(
    job: Job<Data>,
    { attempt = 1, attemptsMax = attempt, newTrace = false }: Attempt,
    fn: (job: Job<Data>, span: Span) => T | Promise<T>,
  ): Promise<T> {
    const telemetry = jobTelemetry()
    if (telemetry === undefined) return this.#attempt(job, attempt, attemptsMax, fn, activeSpan())
    const common = this.#common(job.name)
    const waited = attempt === 1 ? waitedSeconds(job) : undefined
    const parent = telemetry.extract(job.context ?? {})
    const producer = job.context?.traceparent === undefined ? undefined : parent.span?.spanContext()
    telemetry.depth.add(-1, common)
    if (waited !== undefined) telemetry.waited.record(waited, common)
    const startedMs = telemetry.clock.read()
    const span = telemetry.tracer.startSpan(
      `job.process ${job.name}`,
      {
        kind: 'consumer',
        root: newTrace,
        links: producer ? [{ context: producer as SpanContext }] : [],
        attributes: {
          ...common,
          'messaging.operation.type': 'process',
          'job.id': job.id,
          'job.attempt': attempt,
          'job.attempts_max': attemptsMax,
          'job.queue.duration': waited,
        },
      },
      parent,
    )
    const end = (outcome: JobOutcome, error?: unknown): void => {
      const measured = { ...common, 'job.outcome': outcome }
      span.setAttribute('job.outcome', outcome).addEvent(EVENT_OF[outcome], { 'job.attempt': attempt })
      if (outcome !== 'completed') {
        span.recordException(error)
        span.setAttribute('error.type', typeOf(error))
      }
      if (outcome === 'failed') {
        span.setStatus('error', error instanceof Error ? error.message : undefined)
        telemetry.failed.add(1, { ...common, 'error.type': typeOf(error) })
      }
      if (outcome === 'retried') telemetry.depth.add(1, common)
      telemetry.processed.add(1, measured)
      telemetry.duration.record((telemetry.clock.read() - startedMs) / 1_000, measured)
      span.end()
    }
    return telemetry.context.run(parent.withSpan(span), async () => {
      try {
        const value = await this.#attempt(job, attempt, attemptsMax, fn, span)
        end('completed')
        return value
      } catch (error) {
        end(attempt < attemptsMax ? 'retried' : 'failed', error)
        throw error
      }
    })
  }

  async #attempt<Data, T>(
    job: Job<Data>,
    attempt: number,
    attemptsMax: number,
    fn: (job: Job<Data>, span: Span) => T | Promise<T>,
    span: Span,
  ): Promise<T> {
    const { events, queue } = this.#options
    const stream = `job-${job.id}`
    const tell = (event: string, data: object = {}): Promise<void> =>
      appendEvent(events, stream, event, String(attempt), { queue, name: job.name, attempt, ...data })
    await tell('JobStarted')
    let value: T
    try {
      value = await fn(job, span)
    } catch (error) {
      const failure = { error: { type: typeOf(error), message: messageOf(error) } }
      const told = attempt < attemptsMax ? tell('JobRetried', failure) : tell('JobFailed', failure)
      await told.catch((notKept: Error) => {
        throw Object.assign(notKept, { jobError: error })
      })
      throw error
    }
    await tell('JobCompleted')
    return value
  }

  #common(name: string): Record<string, string> {
    return { 'messaging.destination.name': this.#options.queue, 'job.name': name }
  }
}

const EVENT_OF: Readonly<Record<JobOutcome, string>> = {
  completed: 'job.complete',
  retried: 'job.retry',
  failed: 'job.fail',
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
