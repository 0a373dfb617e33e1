import { key, type Key, optional, under } from './key.ts'
import { boolean, choice, duration, endpoint, path, text } from './kinds.ts'
import { headers } from './pairs.ts'

const protocol = choice(['http/protobuf', 'http/json', 'grpc'])
const compression = choice(['none', 'gzip'])

const ofSignal = <S extends string>(signal: S) => {
  const standard = (name: string) => ({ env: [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`] })
  return under(signal, {
    endpoint: optional(endpoint, standard('ENDPOINT')),
    headers: optional(headers, {
      ...standard('HEADERS'),
      secret: true,
    }),
    protocol: optional(protocol, standard('PROTOCOL')),
    compression: optional(compression, standard('COMPRESSION')),
    timeout: optional(duration, standard('TIMEOUT')),
    certificate: optional(path, standard('CERTIFICATE')),
    clientCertificate: optional(path, standard('CLIENT_CERTIFICATE')),
    clientKey: optional(path, standard('CLIENT_KEY')),
    insecure: optional(boolean, standard('INSECURE')),
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
  enabled: key(boolean, isEndpointSet),
  endpoint: key(
    endpoint,
    {
      derive: (get) =>
        get('exporters.otlp.protocol').value === 'grpc'
          ? { value: 'http://localhost:4317', because: 'exporters.otlp.protocol is grpc' }
          : { value: 'http://localhost:4318' },
    },
    standard('ENDPOINT'),
  ),
  headers: key(headers, {}, { ...standard('HEADERS'), secret: true }),
  apiKey: optional(text, { secret: true }),
  protocol: key(protocol, 'http/protobuf', standard('PROTOCOL')),
  compression: key(compression, 'none', standard('COMPRESSION')),
  timeout: key(duration, 10_000, standard('TIMEOUT')),
  certificate: optional(path, standard('CERTIFICATE')),
  clientCertificate: optional(path, standard('CLIENT_CERTIFICATE')),
  clientKey: optional(path, standard('CLIENT_KEY')),
  insecure: key(boolean, false, standard('INSECURE')),
  redact: key(boolean, true),
  ...ofSignal('traces'),
  ...ofSignal('metrics'),
  ...ofSignal('logs'),
})
