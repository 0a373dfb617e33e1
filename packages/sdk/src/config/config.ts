import type { AttributeSetting } from './pairs.ts'
import type { SamplingRule } from './rules.ts'

type ExporterName = 'ledger' | 'otlp' | 'console' | 'none'
type SamplerName = 'always_on' | 'always_off' | 'traceidratio' | 'probability'

interface OtlpSettings {
  endpoint: string
  headers: Record<string, string>
  protocol: 'http/protobuf' | 'http/json' | 'grpc'
  compression: 'none' | 'gzip'
  timeout: number
  certificate: string | undefined
  clientCertificate: string | undefined
  clientKey: string | undefined
  insecure: boolean
}

type OfSignal = { [K in keyof OtlpSettings]: OtlpSettings[K] | undefined }

interface BatchSettings {
  delay: number
  timeout: number
  queue: number
  size: number
}

/**
 * What the SDK does, every setting decided: the table of keys as one object. Durations are milliseconds, sizes bytes, paths absolute.
 *
 * Written out, since editors show it; a test holds it against the table.
 */
export interface SdkConfig {
  enabled: boolean
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'
  service: { name: string | undefined; version: string | undefined }
  resource: Record<string, AttributeSetting>
  traces: { exporters: ExporterName[] | undefined }
  metrics: {
    exporters: ExporterName[] | undefined
    interval: number
    timeout: number
    temporality: 'cumulative' | 'delta' | 'lowmemory'
  }
  logs: { exporters: ExporterName[] | undefined; console: 'ignore' | 'capture' | 'replace' }
  exporters: {
    ledger: { enabled: boolean; home: string | undefined }
    otlp: OtlpSettings & {
      enabled: boolean
      apiKey: string | undefined
      redact: boolean
      traces: OfSignal
      metrics: OfSignal
      logs: OfSignal
    }
    console: { enabled: boolean; pretty: boolean }
  }
  sampling: {
    sampler: SamplerName | `parentbased_${SamplerName}`
    probability: number
    rules: SamplingRule[]
  }
  batch: { spans: BatchSettings; logs: BatchSettings }
  spool: { enabled: boolean; dir: string | undefined; size: number }
  limits: {
    attributes: number
    attributeLength: number | undefined
    events: number
    links: number
    eventAttributes: number
    linkAttributes: number
    logAttributes: number
    logAttributeLength: number | undefined
  }
  shutdown: { timeout: number }
}

/** What code says: any part of it. */
export type PartialConfig = Partly<SdkConfig>

type Partly<T> = { [K in keyof T]?: (T[K] extends Leaf ? T[K] : Partly<T[K]>) | undefined }
type Leaf = string | number | boolean | undefined | readonly unknown[] | Record<string, string>

/** Where a value came from. */
export type Source =
  | { kind: 'code' }
  | { kind: 'environment'; variable: string }
  | { kind: 'project' | 'home'; file: string; line: number }
  | { kind: 'default'; because?: string }

export const sourceText = (source: Source): string => {
  switch (source.kind) {
    case 'code':
      return 'code'
    case 'environment':
      return source.variable
    case 'default':
      return source.because === undefined ? 'default' : `default, since ${source.because}`
    default:
      return source.line === 0 ? source.file : `${source.file}:${source.line}`
  }
}
