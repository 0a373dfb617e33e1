import { fileURLToPath } from 'node:url'
import type { ExpectStatic } from 'vitest'
import { REGISTER, runProgram } from '../../api/testing/run-program.ts'

const AGENT = fileURLToPath(new URL('../../../../../examples/agent/agent.mjs', import.meta.url))

/** Runs the example's agent on Node, and its service by `serviceCommand`; all that happens must be one trace. */
export function expectOneTrace(expect: ExpectStatic, serviceCommand: readonly string[]): void {
  const { status, output, spans, points, events } = runProgram(
    [process.execPath, '--import', REGISTER],
    '',
    { OTEL_SERVICE_NAME: 'agent', SERVICE_COMMAND: serviceCommand.join(' ') },
    AGENT,
  )
  expect({ status, output }).toEqual({
    status: 0,
    output: expect.stringMatching(/^trace [0-9a-f]{32}\n$/) as string,
  })
  const byId = new Map(spans.map((span) => [span['span'], span]))
  const ways = spans
    .filter(({ trace }) => output.includes(String(trace)))
    .map((span) => {
      const way: unknown[] = []
      for (let at: typeof span | undefined = span; at; at = byId.get(at['parent'])) way.unshift(at['name'])
      return way.join(' > ')
    })
  expect(ways).toHaveLength(spans.length)
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
