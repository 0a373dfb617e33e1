import { telemetryOf } from '../operation.ts'
import { whileLive } from '../while-live.ts'

/** What queues of jobs are measured with. All have the queue's and the job's name. */
export const jobTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'jobs')
  const { meter } = telemetry
  const jobs = { unit: '{job}', valueType: 'int' } as const
  return {
    ...telemetry,
    extract: live.extract,
    queued: meter.createCounter('jobs.queued', { ...jobs, description: 'Jobs put into a queue.' }),
    processed: meter.createCounter('jobs.processed', {
      ...jobs,
      description: 'Attempts at jobs, by outcome.',
    }),
    failed: meter.createCounter('jobs.failed', { ...jobs, description: 'Jobs that failed for good.' }),
    duration: meter.createHistogram('jobs.duration', {
      unit: 's',
      description: 'Duration of attempts at jobs.',
    }),
    waited: meter.createHistogram('jobs.queue.duration', {
      unit: 's',
      description: 'Time from being put into the queue to the first attempt.',
    }),
    /** Over all processes of a service the sum is the number of jobs that wait. */
    depth: meter.createUpDownCounter('queue_depth', { ...jobs, description: 'Jobs that wait in a queue.' }),
  }
})
