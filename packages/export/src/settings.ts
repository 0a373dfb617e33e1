import { ATTEMPT_MS_MAX } from './limits.ts'
import type { Signal } from './outcome.ts'
import type { Warn } from './warn.ts'

/** How OTLP is spoken, by the names of OTEL_EXPORTER_OTLP_PROTOCOL. */
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const
type Protocol = (typeof PROTOCOLS)[number]

const COMPRESSIONS = ['gzip', 'none'] as const

/** What code may say of a collector; each comes before the variable of the same meaning. */
export interface OtlpOptions {
  /** Base address: `v1/<signal>` is appended over HTTP. With a protocol of `grpc` its path means nothing. */
  endpoint?: string
  protocol?: Protocol
  /** Sent with every request: API keys among them. */
  headers?: Readonly<Record<string, string>>
  /** Of one attempt, with its answer; 0 stands for ten minutes. */
  timeoutMs?: number
  compression?: (typeof COMPRESSIONS)[number]
  /** Paths of PEM files: own CA, and what the client shows of itself. */
  certificate?: string
  clientKey?: string
  clientCertificate?: string
  /** gRPC to an address without a scheme: without TLS. */
  insecure?: boolean
}

/** Where and how the requests of one signal are sent. */
export interface Target {
  signal: Signal
  protocol: Protocol
  url: URL
  headers: Readonly<Record<string, string>>
  timeoutMs: number
  compression: (typeof COMPRESSIONS)[number]
  certificate?: string
  clientKey?: string
  clientCertificate?: string
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_TIMEOUT_MS = 10_000

/**
 * The target of one signal, from code and OTEL_EXPORTER_OTLP_[SIGNAL_]*. What cannot be understood is told to `warn` and ignored,
 * but for an address: then there is no target, since what was meant for one place is not to go to another.
 *
 * @param endpointIsOwn The endpoint in `options` is for this signal alone: taken as it is.
 *
 * Source  OpenTelemetry specification, "OTLP exporter configuration"
 */
export function targetOf(
  signal: Signal,
  options: OtlpOptions,
  environment: Environment,
  warn: Warn,
  endpointIsOwn = false,
): Target | undefined {
  const read = new Reader(signal, environment, warn)
  const protocol = options.protocol ?? read.oneOf('PROTOCOL', PROTOCOLS) ?? 'http/protobuf'
  const insecure = options.insecure ?? read.boolean('INSECURE') ?? false
  const url = endpoint(signal, protocol, insecure, { ...options, endpointIsOwn }, read)
  if (url === undefined) return undefined
  const target: Target = {
    signal,
    protocol,
    url,
    headers: { ...read.headers('HEADERS'), ...sendable(options.headers ?? {}, warn) },
    timeoutMs: (options.timeoutMs ?? read.number('TIMEOUT') ?? DEFAULT_TIMEOUT_MS) || ATTEMPT_MS_MAX,
    compression: options.compression ?? read.oneOf('COMPRESSION', COMPRESSIONS) ?? 'none',
  }
  const files = {
    certificate: options.certificate ?? read.text('CERTIFICATE')?.value,
    clientKey: options.clientKey ?? read.text('CLIENT_KEY')?.value,
    clientCertificate: options.clientCertificate ?? read.text('CLIENT_CERTIFICATE')?.value,
  }
  for (const [name, path] of Object.entries(files))
    if (path !== undefined) Object.assign(target, { [name]: path })
  return target
}

function endpoint(
  signal: Signal,
  protocol: Protocol,
  insecure: boolean,
  options: OtlpOptions & { endpointIsOwn: boolean },
  read: Reader,
): URL | undefined {
  const fallback = protocol === 'grpc' ? 'http://localhost:4317' : 'http://localhost:4318'
  const given =
    options.endpoint === undefined
      ? (read.text('ENDPOINT') ?? { name: '', value: fallback, isOwn: false })
      : { name: 'endpoint', value: options.endpoint, isOwn: options.endpointIsOwn }
  const hasScheme = given.value.includes('://')
  const scheme = protocol === 'grpc' && !hasScheme ? (insecure ? 'http://' : 'https://') : ''
  const url = URL.canParse(scheme + given.value) ? new URL(scheme + given.value) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    read.warn(
      `${given.name}=${JSON.stringify(given.value)} is not an http(s) address: no ${signal} are sent. Write it as ${fallback}`,
    )
    return undefined
  }
  if (protocol !== 'grpc' && !given.isOwn) url.pathname = `${url.pathname.replace(/\/$/, '')}/v1/${signal}`
  return url
}

/** Reads variables, the signal's own before the general one; an empty one is not set. */
class Reader {
  readonly warn: Warn
  readonly #signal: string
  readonly #environment: Environment

  constructor(signal: Signal, environment: Environment, warn: Warn) {
    this.#signal = signal.toUpperCase()
    this.#environment = environment
    this.warn = warn
  }

  /** `isOwn`: it was the signal's own. */
  text(name: string): { name: string; value: string; isOwn: boolean } | undefined {
    for (const prefix of [`${this.#signal}_`, '']) {
      const variable = `OTEL_EXPORTER_OTLP_${prefix}${name}`
      const value = this.#environment[variable]?.trim() ?? ''
      if (value !== '') return { name: variable, value, isOwn: prefix !== '' }
    }
    return undefined
  }

  oneOf<T extends string>(name: string, values: readonly T[]): T | undefined {
    const found = this.text(name)
    const value = values.find((one) => one === found?.value.toLowerCase())
    if (found !== undefined && value === undefined) this.#ignore(found, `one of ${values.join(', ')}`)
    return value
  }

  number(name: string): number | undefined {
    const found = this.text(name)
    if (found === undefined) return undefined
    if (/^\d{1,15}$/.test(found.value)) return Number(found.value)
    this.#ignore(found, 'a whole number of milliseconds')
    return undefined
  }

  boolean(name: string): boolean | undefined {
    const found = this.text(name)
    if (found === undefined) return undefined
    const value = found.value.toLowerCase()
    if (value !== 'true' && value !== 'false') this.#ignore(found, 'true or false')
    return value === 'true'
  }

  /** `key=value,key=value`, percent-encoded; as in W3C baggage. */
  headers(name: string): Record<string, string> {
    const found = this.text(name)
    const headers: Record<string, string> = {}
    for (const pair of found?.value.split(',') ?? []) {
      if (pair.trim() === '') continue
      const [, key = '', value] = /^\s*(.*?)\s*=\s*(.*?)\s*$/.exec(pair) ?? []
      const decoded = decode(value)
      // The value is not told: it may be a key to something.
      if (!NAME.test(key) || decoded === undefined) {
        this.warn(`${found!.name} holds a part that is not key=value; that part is ignored`)
      } else headers[key.toLowerCase()] = decoded
    }
    return headers
  }

  #ignore(found: { name: string; value: string }, wanted: string): void {
    this.warn(`${found.name}=${JSON.stringify(found.value)} is ignored: it should be ${wanted}`)
  }
}

/** Of a header. Source: RFC 9110, 5.6.2 and 5.5. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/

/** Undefined for what no header can hold. */
function decode(value: string | undefined): string | undefined {
  try {
    const text = decodeURIComponent(value ?? '')
    return VALUE.test(text) ? text : undefined
  } catch {
    return undefined
  }
}

function sendable(headers: Readonly<Record<string, string>>, warn: Warn): Record<string, string> {
  const result: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (NAME.test(name) && VALUE.test(value)) result[name.toLowerCase()] = value
    else warn(`the header ${JSON.stringify(name)} cannot be sent as it is; it is left out`)
  }
  return result
}
