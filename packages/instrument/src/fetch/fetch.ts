import { typeOf } from '../error-type.ts'
import { withoutSignatures } from '../url.ts'
import { whileLive } from '../while-live.ts'
import { methodOf } from '../method.ts'

type Fetch = typeof globalThis.fetch

const instrumented = new WeakSet<Fetch>()

/** What clients measure with. Source: semantic conventions, "HTTP client". */
const clientTelemetry = whileLive(({ recorder, context, inject }) => ({
  context,
  inject,
  clock: recorder.clock,
  tracer: recorder.tracer('@spanledger/instrument/fetch'),
  duration: recorder.meter('@spanledger/instrument/fetch').createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of HTTP client requests.',
  }),
}))

/**
 * A `fetch` whose requests are spans and carry their context to the server. The span ends when the headers of the answer are
 * there. What the SDK itself sends is not recorded, nor what is asked of no server (`data:`).
 */
export function instrumentFetch(fetch: Fetch = globalThis.fetch): Fetch {
  const instrumentedFetch: Fetch = async (input, init) => {
    const telemetry = clientTelemetry()
    const active = telemetry?.context.active()
    const url = telemetry && urlOf(input)
    // A URL that is none: fetch says so better. `data:` and the like ask nobody.
    if (telemetry === undefined || active === undefined || active.suppressed || url === undefined)
      return fetch(input, init)
    const request = isRequest(input) ? input : undefined
    const { method, original, label } = methodOf(init?.method ?? request?.method ?? 'GET')
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
    const server = { 'http.request.method': method, 'server.address': url.hostname, 'server.port': port }
    const startedMs = telemetry.clock.read()
    const span = telemetry.tracer.startSpan(label, {
      kind: 'client',
      attributes: { ...server, 'http.request.method_original': original, 'url.full': shown(url) },
    })
    const within = active.withSpan(span)
    const headers = telemetry.inject(new Headers(init?.headers ?? request?.headers), within)
    let status: number | undefined
    let errorType: string | undefined
    try {
      const response = await telemetry.context.run(within, () => fetch(input, { ...init, headers }))
      status = response.status
      span.setAttribute('http.response.status_code', status)
      if (response.status >= 400) {
        errorType = String(status)
        span.setStatus('error')
      }
      return response
    } catch (error) {
      errorType = typeOf(causeOf(error))
      span.recordException(error)
      span.setStatus('error', error instanceof Error ? error.message : undefined)
      throw error
    } finally {
      span.setAttribute('error.type', errorType)
      span.end()
      telemetry.duration.record((telemetry.clock.read() - startedMs) / 1_000, {
        ...server,
        'http.response.status_code': status,
        'error.type': errorType,
      })
    }
  }
  instrumented.add(instrumentedFetch)
  return instrumentedFetch
}

/** Puts an instrumented `fetch` in the place of the global one; what is returned puts the old one back. Again: nothing. */
export function patchFetch(): () => void {
  const before = globalThis.fetch
  if (instrumented.has(before)) return () => {}
  const after = instrumentFetch(before)
  globalThis.fetch = after
  return () => {
    // Somebody who patched it after us keeps theirs.
    if (globalThis.fetch === after) globalThis.fetch = before
  }
}

const isRequest = (input: Parameters<Fetch>[0]): input is Request =>
  typeof input === 'object' && 'url' in input

function urlOf(input: Parameters<Fetch>[0]): URL | undefined {
  try {
    const url = new URL(isRequest(input) ? input.url : input)
    return /^https?:$/.test(url.protocol) ? url : undefined
  } catch {
    return undefined
  }
}

/** Without credentials and signatures. */
function shown(url: URL): string {
  const user = url.username === '' && url.password === '' ? '' : 'REDACTED:REDACTED@'
  return `${url.protocol}//${user}${url.host}${url.pathname}${withoutSignatures(url.search)}${url.hash}`
}

/** Node's fetch says only "fetch failed"; the cause has the code. */
function causeOf(error: unknown): unknown {
  return (error as { cause?: unknown } | undefined)?.cause ?? error
}
