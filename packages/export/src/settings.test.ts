import { describe, expect, test } from 'vitest'
import { targetOf } from './settings.ts'
import type { OtlpOptions } from './settings.ts'
import type { Signal } from './outcome.ts'

function read(environment: Record<string, string>, options: OtlpOptions = {}, signal: Signal = 'traces') {
  const warnings: string[] = []
  const target = targetOf(signal, options, environment, (message) => warnings.push(message))
  return { target, url: target?.url.href, warnings }
}
const env = (values: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [`OTEL_EXPORTER_OTLP_${name}`, value]))

describe('the address', () => {
  test.each([
    [{}, 'http://localhost:4318/v1/traces'],
    [{ ENDPOINT: '' }, 'http://localhost:4318/v1/traces'],
    [{ ENDPOINT: 'http://a:1' }, 'http://a:1/v1/traces'],
    [{ ENDPOINT: 'http://a:1/' }, 'http://a:1/v1/traces'],
    [{ ENDPOINT: 'https://a/otlp' }, 'https://a/otlp/v1/traces'],
    [{ ENDPOINT: 'https://a/otlp/' }, 'https://a/otlp/v1/traces'],
    [{ ENDPOINT: 'http://a:1', TRACES_ENDPOINT: 'http://b:2' }, 'http://b:2/'],
    [{ ENDPOINT: 'http://a:1', TRACES_ENDPOINT: '' }, 'http://a:1/v1/traces'],
    [{ TRACES_ENDPOINT: 'http://b:2/ingest?x=1' }, 'http://b:2/ingest?x=1'],
    [{ METRICS_ENDPOINT: 'http://b:2' }, 'http://localhost:4318/v1/traces'],
    [{ PROTOCOL: 'grpc' }, 'http://localhost:4317/'],
    [{ PROTOCOL: 'grpc', ENDPOINT: 'a:1' }, 'https://a:1/'],
    [{ PROTOCOL: 'grpc', ENDPOINT: 'a:1', INSECURE: 'True' }, 'http://a:1/'],
    [{ PROTOCOL: 'grpc', ENDPOINT: 'https://a:1', INSECURE: 'true' }, 'https://a:1/'],
    [{ TRACES_PROTOCOL: 'grpc', PROTOCOL: 'http/json', ENDPOINT: 'http://a:1' }, 'http://a:1/'],
  ])('%j gives %s', (values, url) => {
    expect(read(env(values as Record<string, string>))).toMatchObject({ url, warnings: [] })
  })

  test('code comes before the environment', () => {
    const values = env({
      ENDPOINT: 'http://a:1',
      TRACES_ENDPOINT: 'http://b:2',
      TIMEOUT: '5',
      PROTOCOL: 'grpc',
    })
    const { target, url } = read(values, { endpoint: 'http://c:3', protocol: 'http/json', timeoutMs: 7 })
    expect([url, target?.timeoutMs, target?.protocol]).toEqual(['http://c:3/v1/traces', 7, 'http/json'])
  })

  test.each(['localhost:4318', 'not an address', 'ftp://a', 'http://'])(
    '%j is named, and nothing is sent',
    (endpoint) => {
      const { target, warnings } = read(env({ ENDPOINT: endpoint }))
      expect(target).toBeUndefined()
      expect(warnings).toEqual([
        `OTEL_EXPORTER_OTLP_ENDPOINT=${JSON.stringify(endpoint)} is not an http(s) address: no traces are sent. ` +
          'Write it as http://localhost:4318',
      ])
    },
  )
})

test('the rest, the own variable of a signal before the general one', () => {
  const values = env({
    HEADERS: 'Api-Key=se%20cret, tenant = a ,',
    TRACES_HEADERS: '',
    TIMEOUT: '1000',
    TRACES_TIMEOUT: '2000',
    COMPRESSION: 'gzip',
    TRACES_COMPRESSION: 'none',
    CERTIFICATE: '/ca.pem',
    TRACES_CLIENT_KEY: '/key.pem',
    CLIENT_CERTIFICATE: '/cert.pem',
  })
  expect(read(values, { headers: { Tenant: 'b' } })).toMatchObject({
    warnings: [],
    target: {
      headers: { 'api-key': 'se cret', tenant: 'b' },
      timeoutMs: 2_000,
      compression: 'none',
      certificate: '/ca.pem',
      clientKey: '/key.pem',
      clientCertificate: '/cert.pem',
    },
  })
  expect(read(values, {}, 'logs').target).toMatchObject({ timeoutMs: 1_000, compression: 'gzip' })
})

test('what cannot be understood is told and ignored, and no secret with it', () => {
  const values = env({
    PROTOCOL: 'http/thrift',
    TIMEOUT: '10s',
    COMPRESSION: 'zstd',
    INSECURE: 'yes',
    HEADERS: 'good=1,secret without a key,b%ad=%E0%A4%A,x=%0d%0aevil',
  })
  const { target, warnings } = read(values, { headers: { 'bad header': 'x', ok: 'a\nb' } })
  expect(target).toMatchObject({
    protocol: 'http/protobuf',
    timeoutMs: 10_000,
    compression: 'none',
    headers: { good: '1' },
  })
  expect(warnings.length).toBe(9)
  expect(warnings.join('\n')).not.toContain('secret')
  expect(warnings).toContain(
    'OTEL_EXPORTER_OTLP_PROTOCOL="http/thrift" is ignored: it should be one of http/protobuf, http/json, grpc',
  )
})
