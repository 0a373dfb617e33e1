import { beforeEach, describe, expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import type { NewEvent } from '@spanledger/sdk/model'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { EventsNotKeptError, Jobs } from './index.ts'
import type { Job } from './index.ts'

const recorded = recordInTests()
const kept = new Map<string, NewEvent>()
let isFull: (event: string) => boolean
beforeEach(() => {
  kept.clear()
  isFull = () => false
})
const jobs = new Jobs({
  queue: 'mail',
  events: {
    async append(stream, events) {
      if (events.some(({ event }) => isFull(event))) throw new Error('disk full')
      for (const event of events)
        kept.set(event.id, { ...event, data: { stream, ...(event.data as object) } })
    },
  },
})
const stories = (): string[] => [...kept.values()].map(({ event }) => event)

/** What another process would read. */
let queued: string
const enqueue = (): Promise<void> =>
  record('request', () =>
    jobs.enqueue(
      { id: '7', name: 'welcome', data: { to: 'ada' } },
      (job) => void (queued = JSON.stringify(job)),
    ),
  )
const taken = (): Job<{ to: string }> => JSON.parse(queued) as Job<{ to: string }>

const fails = (): never => {
  throw new TypeError('no such address')
}

describe('a job', () => {
  it('continues the trace it was enqueued in, and links it', async () => {
    await enqueue()
    await jobs.process(taken(), {}, (job) => record(`mail to ${job.data.to}`, () => {}))
    expect(tree(recorded.spans)).toEqual({
      request: { 'job.enqueue welcome': { 'job.process welcome': { 'mail to ada': {} } } },
    })
    const [enqueued, processed] = ['job.enqueue welcome', 'job.process welcome'].map(recorded.span)
    expect(enqueued!.kind).toBe('producer')
    expect(processed).toMatchObject({
      kind: 'consumer',
      status: 'unset',
      links: [{ traceId: enqueued!.traceId, spanId: enqueued!.spanId }],
      events: [{ name: 'job.complete' }],
    })
    expect(object(processed!.attributes)).toMatchObject({
      'messaging.destination.name': 'mail',
      'job.id': '7',
      'job.name': 'welcome',
      'job.attempt': 1,
      'job.outcome': 'completed',
      'job.queue.duration': expect.any(Number) as number,
    })
    expect(stories()).toEqual(['JobEnqueued', 'JobStarted', 'JobCompleted'])
    expect([...kept.values()].at(-1)).toMatchObject({
      data: { stream: 'job-7', queue: 'mail', name: 'welcome', attempt: 1 },
      meta: { traceId: processed!.traceId, spanId: processed!.spanId },
    })
  })

  it('may have a trace of its own', async () => {
    await enqueue()
    await jobs.process(taken(), { newTrace: true }, () => {})
    const [enqueued, processed] = ['job.enqueue welcome', 'job.process welcome'].map(recorded.span)
    expect(processed!.traceId).not.toBe(enqueued!.traceId)
    expect(processed!.links).toMatchObject([{ traceId: enqueued!.traceId }])
  })

  it('is an error only when it failed for good', async () => {
    await enqueue()
    for (const attempt of [1, 2]) {
      await expect(jobs.process(taken(), { attempt, attemptsMax: 2 }, fails)).rejects.toThrow(
        'no such address',
      )
    }
    const [retried, failed] = recorded.spans.slice(-2)
    expect(retried).toMatchObject({ status: 'unset', events: [{ name: 'job.retry' }, { name: 'exception' }] })
    expect(failed).toMatchObject({
      status: 'error',
      statusMessage: 'no such address',
      events: [{ name: 'job.fail' }, { name: 'exception' }],
    })
    expect(object(failed!.attributes)).toMatchObject({ 'job.attempt': 2, 'error.type': 'TypeError' })
    expect(stories()).toEqual(['JobEnqueued', 'JobStarted', 'JobRetried', 'JobStarted', 'JobFailed'])
    expect(await recorded.points('jobs.failed')).toMatchObject([{ value: 1, 'error.type': 'TypeError' }])
    expect(await recorded.points('jobs.processed')).toMatchObject([
      { 'job.outcome': 'retried', value: 1 },
      { 'job.outcome': 'failed', value: 1 },
    ])
    expect(await recorded.points('jobs.queued')).toMatchObject([{ value: 1 }])
    expect(await recorded.points('queue_depth')).toMatchObject([{ value: 0 }])
    expect(await recorded.points('jobs.queue.duration')).toMatchObject([{ count: 1 }])
    expect(await recorded.points('jobs.duration')).toHaveLength(2)
  })

  it('told twice is kept once', async () => {
    await enqueue()
    for (let i = 0; i < 2; i++) await jobs.process(taken(), {}, () => {})
    expect(stories()).toEqual(['JobEnqueued', 'JobStarted', 'JobCompleted'])
  })

  it.each([undefined, {}, { traceparent: 'garbage' }, { traceparent: 7, enqueuedUnixMs: 'long ago' }])(
    'with the context %o runs all the same',
    async (context) => {
      const job = { id: '1', name: 'n', data: 0, context } as Job
      expect(await jobs.process(job, {}, async () => 'done')).toBe('done')
      expect(recorded.span('job.process n')).toMatchObject({ links: [], parentSpanId: '' })
    },
  )
})

describe('when events cannot be kept', () => {
  it('a job is not sent', async () => {
    isFull = () => true
    queued = ''
    await expect(enqueue()).rejects.toMatchObject({ code: 'EVENTS_NOT_KEPT', stream: 'job-7' })
    expect(queued).toBe('')
    expect(recorded.span('job.enqueue welcome')).toMatchObject({ status: 'error' })
  })

  it('the failure of the job is not lost', async () => {
    await enqueue()
    isFull = (event) => event === 'JobFailed'
    const boom = new Error('boom')
    const failing = jobs.process(taken(), {}, () => {
      throw boom
    })
    await expect(failing).rejects.toBeInstanceOf(EventsNotKeptError)
    await expect(failing).rejects.toMatchObject({ jobError: boom, events: [{ event: 'JobFailed' }] })
  })
})

it('off, events are kept nevertheless, and jobs carry nothing', async () => {
  await shutdown()
  await enqueue()
  expect(taken()).toEqual({ id: '7', name: 'welcome', data: { to: 'ada' } })
  expect(await jobs.process(taken(), {}, () => 'done')).toBe('done')
  expect(stories()).toEqual(['JobEnqueued', 'JobStarted', 'JobCompleted'])
})
