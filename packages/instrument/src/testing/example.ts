import { fileURLToPath } from 'node:url'
import type { ExpectStatic } from 'vitest'
import { preloading, REGISTER, runProgram } from '../../../sdk/src/api/testing/run-program.ts'
import type { Ran } from '../../../sdk/src/api/testing/run-program.ts'

const AGENT = fileURLToPath(new URL('../../../../examples/agent/agent.mjs', import.meta.url))

/** What the example recorded. */
export interface Example extends Ran {
  /** Each span of the trace that it names, by the names from the root to it. */
  readonly ways: readonly string[]
}

/** Runs the example's agent on the runtime of these tests, and its service by `serviceCommand`. */
export function runExample(serviceCommand: readonly string[]): Example {
  const env = { OTEL_SERVICE_NAME: 'agent', SERVICE_COMMAND: serviceCommand.join(' ') }
  const ran = runProgram(preloading(REGISTER), '', env, AGENT)
  const byId = new Map(ran.spans.map((span) => [span['span'], span]))
  const ways = ran.spans
    .filter(({ trace }) => ran.output === `trace ${String(trace)}\n`)
    .map((span) => {
      const way: unknown[] = []
      for (let at: typeof span | undefined = span; at; at = byId.get(at['parent'])) way.unshift(at['name'])
      return way.join(' > ')
    })
  return { ...ran, ways }
}

export function expectWholeExample(
  expect: ExpectStatic,
  { status, ways, spans, points, events }: Example,
): void {
  expect(status).toBe(0)
  const tool = 'invoke_agent mailer > execute_tool Bash'
  const route = `${tool} > POST > POST /users/:id/welcome > middleware authenticated`
  const job = `${route} > controller welcomeUser > job.enqueue welcome`
  expect(ways).toEqual(
    expect.arrayContaining([
      'invoke_agent mailer > chat one-idea',
      `${route} > auth.authenticate`,
      `${route} > controller welcomeUser > cache.get`,
      `${route} > controller welcomeUser > get users`,
      job,
      `${job} > job.process welcome > smtp.send`,
    ]),
  )
  const attempts = spans.filter(({ name }) => name === 'job.process welcome')
  expect(attempts.map(({ status: of, links }) => [of, (links as unknown[]).length])).toEqual([
    [undefined, 1],
    [undefined, 1],
  ])
  expect(new Set(events.map(({ event }) => event))).toEqual(
    new Set(['AgentStateChanged', 'JobEnqueued', 'JobStarted', 'JobRetried', 'JobCompleted']),
  )
  expect(points.map(({ point }) => point)).toEqual(
    expect.arrayContaining([
      'agent_execution_seconds',
      'agents_total',
      'auth.attempts',
      'cache.misses',
      'db.client.operation.duration',
      'http.server.request.duration',
      'jobs.processed',
      'queue_depth',
      'tokens_total',
    ]),
  )
}
