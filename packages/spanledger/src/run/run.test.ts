import { describe, expect, it } from 'vitest'
import { retryInMs, setUpAgent } from './index.ts'

const ENDPOINT = 'http://127.0.0.1:4318'

describe('setting up a command', () => {
  it.each(['claude', '/usr/local/bin/gemini', 'copilot', 'opencode', 'make'])('sends %s here', (program) => {
    const { env } = setUpAgent(program, ENDPOINT, { 'spanledger.run.id': '1' }, {})
    expect(env).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT,
      OTEL_RESOURCE_ATTRIBUTES: 'spanledger.run.id=1',
    })
  })

  it('gives Codex settings as arguments, as it reads no variables', () => {
    const { agent, args } = setUpAgent('codex', ENDPOINT, {}, {})
    expect(agent).toBe('codex')
    expect(args.filter((word) => word !== '-c')).toEqual([
      `otel.exporter={otlp-http={endpoint="${ENDPOINT}/v1/logs",protocol="binary"}}`,
      `otel.trace_exporter={otlp-http={endpoint="${ENDPOINT}/v1/traces",protocol="binary"}}`,
      `otel.metrics_exporter={otlp-http={endpoint="${ENDPOINT}/v1/metrics",protocol="binary"}}`,
    ])
  })

  it("keeps what the user set, and adds to the user's attributes", () => {
    const user = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://mine:4318', OTEL_RESOURCE_ATTRIBUTES: 'team=a' }
    const { env } = setUpAgent('claude', ENDPOINT, { task: 'a, b=c' }, user)
    expect(env).not.toHaveProperty('OTEL_EXPORTER_OTLP_ENDPOINT')
    expect(env['OTEL_RESOURCE_ATTRIBUTES']).toBe('team=a,task=a%2C%20b%3Dc')
  })
})

it.each([
  ['succeeded', 1, 2, { exitCode: 0, signal: null }, undefined],
  ['failed first', 1, 2, { exitCode: 1, signal: null }, 2_000],
  ['failed again', 2, 2, { exitCode: 1, signal: null }, 4_000],
  ['failed for good', 3, 9, { exitCode: 1, signal: null }, undefined],
  ['may not be tried again', 1, 0, { exitCode: 1, signal: null }, undefined],
  ['was stopped by a person', 1, 2, { exitCode: 130, signal: null }, undefined],
  ['was stopped by a program', 1, 2, { exitCode: 143, signal: 'SIGTERM' }, undefined],
  ['was killed', 1, 2, { exitCode: 137, signal: 'SIGKILL' }, 2_000],
] as const)('a command that %s is tried again when it should be', (_, attempt, retries, ended, wait) => {
  expect(retryInMs(attempt, retries, ended)).toBe(wait)
})
