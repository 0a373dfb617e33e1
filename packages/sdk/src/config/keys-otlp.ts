import { key, type Key, optional, under } from './key.ts'
import { boolean, choice, duration, endpoint, path, text } from './kinds.ts'
import { headers } from './pairs.ts'

const protocol = choice(['http/protobuf', 'http/json', 'grpc'])
const compression = choice(['none', 'gzip'])

const ofSignal = <S extends string>(signal: S) => {
  const standard = (name: string) => ({ env: [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`] })
  return under(signal, {
    endpoint: optional(endpoint, `for ${signal}, taken as it is`, standard('ENDPOINT')),
    headers: optional(headers, `for ${signal}, instead of the general ones`, {
      ...standard('HEADERS'),
      secret: true,
    }),
    protocol: optional(protocol, `for ${signal}`, standard('PROTOCOL')),
    compression: optional(compression, `for ${signal}`, standard('COMPRESSION')),
    timeout: optional(duration, `for ${signal}`, standard('TIMEOUT')),
    certificate: optional(path, `for ${signal}`, standard('CERTIFICATE')),
    clientCertificate: optional(path, `for ${signal}`, standard('CLIENT_CERTIFICATE')),
    clientKey: optional(path, `for ${signal}`, standard('CLIENT_KEY')),
    insecure: optional(boolean, `for ${signal}`, standard('INSECURE')),
  })
}

const isEndpointSet = {
  derive(get: Parameters<Extract<Key<boolean>['default'], object>['derive']>[0]) {
    const set = ['endpoint', 'traces.endpoint', 'metrics.endpoint', 'logs.endpoint']
      .map((name) => `exporters.otlp.${name}`)
      .find((name) => get(name).isSet)
    return set === undefined ? { value: false } : { value: true, because: `${set} is set` }
  },
}

const standard = (name: string) => ({ env: [`OTEL_EXPORTER_OTLP_${name}`] })

export const OTLP_KEYS = under('exporters.otlp', {
  enabled: key(boolean, isEndpointSet, 'sends to an OTLP endpoint; on where one is set'),
  endpoint: key(
    endpoint,
    {
      derive: (get) =>
        get('exporters.otlp.protocol').value === 'grpc'
          ? { value: 'http://localhost:4317', because: 'exporters.otlp.protocol is grpc' }
          : { value: 'http://localhost:4318' },
    },
    'where to; over HTTP `v1/traces`, `v1/metrics` or `v1/logs` is added',
    standard('ENDPOINT'),
  ),
  headers: key(headers, {}, 'sent with every request', { ...standard('HEADERS'), secret: true }),
  apiKey: optional(text, 'sent as `Authorization: Bearer`, unless the headers have one', { secret: true }),
  protocol: key(protocol, 'http/protobuf', 'how', standard('PROTOCOL')),
  compression: key(compression, 'none', 'of requests', standard('COMPRESSION')),
  timeout: key(duration, 10_000, 'of one request with its retries', standard('TIMEOUT')),
  certificate: optional(path, 'PEM: authorities the server is checked against', standard('CERTIFICATE')),
  clientCertificate: optional(path, 'PEM: our own', standard('CLIENT_CERTIFICATE')),
  clientKey: optional(path, 'PEM: its key', standard('CLIENT_KEY')),
  insecure: key(boolean, false, 'no TLS where the endpoint has no scheme', standard('INSECURE')),
  redact: key(boolean, true, 'whether secrets are taken out of what is sent, and of the spool'),
  ...ofSignal('traces'),
  ...ofSignal('metrics'),
  ...ofSignal('logs'),
})
