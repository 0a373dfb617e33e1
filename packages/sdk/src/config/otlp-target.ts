import type { SdkConfig } from './config.ts'

export type Signal = 'traces' | 'metrics' | 'logs'

export const SIGNALS = ['traces', 'metrics', 'logs'] as const satisfies Signal[]

/** Where and how one signal is sent over OTLP: the signal's own settings, else the general ones. */
export interface OtlpTarget {
  /** With its scheme; over HTTP with its path. */
  url: string
  headers: Record<string, string>
  protocol: SdkConfig['exporters']['otlp']['protocol']
  compression: SdkConfig['exporters']['otlp']['compression']
  timeoutMs: number
  /** Paths of PEM files. */
  certificate: string | undefined
  clientCertificate: string | undefined
  clientKey: string | undefined
}

/**
 * Over HTTP the general endpoint gets `v1/<signal>` appended; a signal's own is taken as it is.
 *
 * Source  OpenTelemetry specification, OTLP exporter configuration
 */
export function otlpTarget({ exporters: { otlp } }: SdkConfig, signal: Signal): OtlpTarget {
  const own = otlp[signal]
  const protocol = own.protocol ?? otlp.protocol
  const insecure = own.insecure ?? otlp.insecure
  const endpoint = own.endpoint ?? otlp.endpoint
  const base = /^https?:\/\//i.test(endpoint) ? endpoint : `${insecure ? 'http' : 'https'}://${endpoint}`
  const url =
    own.endpoint === undefined && protocol !== 'grpc' ? `${base.replace(/\/+$/, '')}/v1/${signal}` : base
  const headers = { ...(own.headers ?? otlp.headers) }
  if (otlp.apiKey !== undefined) headers['authorization'] ??= `Bearer ${otlp.apiKey}`
  return {
    url,
    headers,
    protocol,
    compression: own.compression ?? otlp.compression,
    timeoutMs: own.timeout ?? otlp.timeout,
    certificate: own.certificate ?? otlp.certificate,
    clientCertificate: own.clientCertificate ?? otlp.clientCertificate,
    clientKey: own.clientKey ?? otlp.clientKey,
  }
}

/** The exporters a signal goes to: those its own list names, else all that are enabled. */
export function exportersOf(
  { enabled, exporters, ...signals }: SdkConfig,
  signal: Signal,
): ('ledger' | 'otlp' | 'console')[] {
  if (!enabled) return []
  const all = ['ledger', 'otlp', 'console'] as const
  const listed = signals[signal].exporters
  if (listed?.includes('none') === true) return []
  return all.filter((name) => (listed === undefined ? exporters[name].enabled : listed.includes(name)))
}
