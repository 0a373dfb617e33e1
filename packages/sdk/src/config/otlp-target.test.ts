import { expect, it } from 'vitest'
import { exportersOf, otlpTarget, resolveConfig, SIGNALS } from './index.ts'

const configOf = (env: Record<string, string>) =>
  resolveConfig({ env, cwd: '/', readFile: () => undefined }).config
const urls = (env: Record<string, string>) => SIGNALS.map((signal) => otlpTarget(configOf(env), signal).url)

it('a general endpoint gets the path of the signal, its own is taken as it is', () => {
  expect(urls({})).toEqual(
    ['traces', 'metrics', 'logs'].map((signal) => `http://localhost:4318/v1/${signal}`),
  )
  expect(
    urls({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp/',
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: 'http://logs:1/x',
    }),
  ).toEqual(['https://collector/otlp/v1/traces', 'https://collector/otlp/v1/metrics', 'http://logs:1/x'])
})

it('gRPC has no path; without a scheme insecure decides', () => {
  const grpc = { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' }
  expect(urls(grpc)[0]).toBe('https://collector:4317')
  expect(urls({ ...grpc, OTEL_EXPORTER_OTLP_INSECURE: 'true' })[0]).toBe('http://collector:4317')
})

it('an API key is a header, unless the headers have one; what a signal says comes first', () => {
  const env = {
    SPANLEDGER_EXPORTERS_OTLP_API_KEY: 'k',
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'Authorization=Basic%20x',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '5',
  }
  expect(otlpTarget(configOf(env), 'traces')).toMatchObject({
    headers: { authorization: 'Bearer k' },
    timeoutMs: 10_000,
  })
  expect(otlpTarget(configOf(env), 'logs')).toMatchObject({
    headers: { authorization: 'Basic x' },
    timeoutMs: 5,
  })
})

it('a list of exporters for a signal stands instead of those that are enabled', () => {
  const env = { OTEL_TRACES_EXPORTER: 'otlp,console', OTEL_METRICS_EXPORTER: 'none' }
  expect(SIGNALS.map((signal) => exportersOf(configOf(env), signal))).toEqual([
    ['otlp', 'console'],
    [],
    ['ledger'],
  ])
  expect(exportersOf(configOf({ ...env, OTEL_SDK_DISABLED: 'true' }), 'logs')).toEqual([])
})
