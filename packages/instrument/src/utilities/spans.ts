import {
  activeSpan,
  isRecording,
  live,
  record,
  withSpan as withSpanOf,
  withSpanSync as withSpanOfSync,
} from '@spanledger/sdk'
import type { Attributes, Span, SpanOptions } from '@spanledger/sdk/record'
import { typeOf } from '../error-type.ts'
import { setHttpRoute } from '../http/index.ts'
import { recordDb } from '../kv/db-telemetry.ts'
import { collectionOf } from '../kv/deno-kv.ts'
import { methodOf } from '../method.ts'
import { runOperation, telemetryOf } from '../operation.ts'
import { withoutSignatures } from '../url.ts'
import { whileLive } from '../while-live.ts'

export const isOTELEnabled: () => boolean = isRecording

/** The active span; undefined where there is none, or while recording is off. */
export function getActiveSpan(): Span | undefined {
  return live?.context.active().span === undefined ? undefined : activeSpan()
}

/** Says which route the request was matched to: `/users/:id`. Without an instrumented server, on the active span. */
export function setRouteAttribute(route: string, method: string): void {
  if (setHttpRoute(route)) return
  activeSpan().setAttribute('http.route', route).updateName(`${method} ${route}`)
}

export function setSpanAttributes(attributes: Attributes): void {
  activeSpan().setAttributes(attributes)
}

/** Records an error on the active span, whose status becomes error. */
export function recordSpanException(error: unknown, message?: string): void {
  const span = activeSpan()
  span.recordException(error)
  span.setAttribute('error.type', typeOf(error))
  span.setStatus('error', message ?? (error instanceof Error ? error.message : String(error)))
}

/** As the SDK's own, with the options last. */
export function withSpan<T>(
  name: string,
  fn: (span: Span) => T | Promise<T>,
  options: SpanOptions = {},
): Promise<T> {
  // A query that runs when it is awaited is, within the span.
  return withSpanOf(name, options, async (span) => fn(span))
}

export function withSpanSync<T>(name: string, fn: (span: Span) => T, options: SpanOptions = {}): T {
  return withSpanOfSync(name, options, fn)
}

/** A call of a key-value store: `withDbSpan('get', ['users', id], () => kv.get(...))`. Of the key its first part is recorded. */
export async function withDbSpan<T>(
  operation: string,
  key: readonly unknown[],
  fn: (span: Span) => T | Promise<T>,
): Promise<T> {
  const db = { system: 'deno.kv', operation: operation.replace(/^kv\./, ''), collection: collectionOf(key) }
  return recordDb(db, async (span) => fn(span))
}

const httpTelemetry = whileLive((now) => {
  const telemetry = telemetryOf(now, 'utilities')
  const duration = telemetry.meter.createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of HTTP client requests.',
  })
  return { ...telemetry, duration }
})

/** A request that `fn` sends, with the headers that `injectContextIntoHeaders` fills. For `fetch` there is `instrumentFetch`. */
export async function withHttpClientSpan<T>(
  method: string,
  url: string,
  fn: (span: Span) => T | Promise<T>,
): Promise<T> {
  const telemetry = httpTelemetry()
  if (telemetry === undefined || !URL.canParse(url)) return record(method, async (span) => fn(span))
  const { protocol, hostname, port, host, pathname, search } = new URL(url)
  const { method: verb, label } = methodOf(method)
  const server = {
    'http.request.method': verb,
    'server.address': hostname,
    'server.port': Number(port || (protocol === 'https:' ? 443 : 80)),
  }
  const shown = `${protocol}//${host}${pathname}${withoutSignatures(search)}`
  return runOperation<Promise<T>>(
    telemetry,
    {
      name: label,
      kind: 'client',
      attributes: { ...server, 'url.full': shown },
      done(span, { seconds, value, errorType }) {
        const status = (value as { status?: unknown } | undefined | null)?.status
        if (typeof status === 'number') {
          span.setAttribute('http.response.status_code', status)
          if (status >= 400) span.setStatus('error')
        }
        telemetry.duration.record(seconds, {
          ...server,
          'http.response.status_code': typeof status === 'number' ? status : undefined,
          'error.type': errorType,
        })
      },
    },
    async (span) => fn(span),
  )
}
