import { timingSafeEqual } from 'node:crypto'
import { Hono } from 'hono'
import type { Guard } from '../receive/index.ts'

/** What the interface needs of the queries; an answer is either a value or a refusal with a code. */
export interface ApiOptions {
  run: (name: string, params: unknown) => Promise<unknown>
  guard: Guard
  /** Every request but /healthz and /metrics must carry it: `Authorization: Bearer <token>`. */
  token: string
}

/** A scraper has no way to learn a token that is new at each start. */
const OPEN: ReadonlySet<string> = new Set(['/healthz', '/metrics'])

const BODY_BYTES_MAX = 1024 * 1024

/**
 * The daemon's own HTTP interface: each query under its name.
 *
 *     GET  /api/v1/sessions?since=2h       parameters as text
 *     POST /api/v1/sql  {"query":"..."}    parameters as JSON
 *     GET  /healthz                        without a token
 *     GET  /metrics                        without a token: sums, and no content, for Prometheus
 *
 * Source  docs/reference/http.md
 */
export function createApi({ run, guard, token }: ApiOptions): Hono {
  const api = new Hono()

  api.use(async (context, next) => {
    const stranger = guard.refuse(context.req.header('host'), context.req.header('origin'))
    if (stranger !== undefined) return context.json(fault('FORBIDDEN', stranger), 403)
    if (!OPEN.has(context.req.path) && !carries(context.req.header('authorization'), token)) {
      return context.json(
        fault(
          'UNAUTHORIZED',
          'this needs the header "Authorization: Bearer TOKEN"; the token is in run/daemon.json of the home',
        ),
        401,
      )
    }
    return next()
  })

  api.get('/healthz', (context) => context.json({ ok: true }))

  api.get('/metrics', async (context) => {
    const format = acceptsOpenMetrics(context.req.header('accept')) ? 'openmetrics' : 'prometheus'
    const { text, contentType } = (await run('exposition', { format })) as {
      text: string
      contentType: string
    }
    return context.body(text, 200, { 'content-type': contentType })
  })

  api.get('/api/v1/:name', async (context) =>
    answer(await run(context.req.param('name'), textParams(context.req.url))),
  )

  api.post('/api/v1/:name', async (context) => {
    const body = await context.req.text()
    if (body.length > BODY_BYTES_MAX)
      return context.json(fault('TOO_LARGE', 'parameters are limited to 1 MiB'), 413)
    let params: unknown
    try {
      params = body === '' ? {} : JSON.parse(body)
    } catch (error) {
      return context.json(fault('BAD_PARAMETER', `the body is not JSON: ${(error as Error).message}`), 400)
    }
    return answer(await run(context.req.param('name'), params))
  })

  api.notFound((context) =>
    context.json(
      fault('NOT_FOUND', 'see docs/reference/http.md: GET /api/v1/status, /api/v1/sessions ...'),
      404,
    ),
  )
  api.onError((error, context) =>
    context.json(fault((error as { code?: string }).code ?? 'INTERNAL', error.message), 500),
  )
  return api
}

/** What a scraper asks for; the plain text for whoever does not say. */
const acceptsOpenMetrics = (accept: string | undefined): boolean =>
  accept?.includes('application/openmetrics-text') === true

/** `?a=1&b=2&b=3` -> {a: '1', b: ['2', '3']}. */
function textParams(url: string): Record<string, string | string[]> {
  const search = new URL(url).searchParams
  const params: Record<string, string | string[]> = {}
  for (const name of new Set(search.keys())) {
    const values = search.getAll(name)
    params[name] = values.length === 1 ? values[0]! : values
  }
  return params
}

function answer(value: unknown): Response {
  return Response.json(value, { status: statusOf(value) })
}

function statusOf(value: unknown): number {
  const code = (value as { refused?: string } | null)?.refused
  if (code === undefined) return 200
  return code.startsWith('UNKNOWN_') ? 404 : 400
}

function fault(code: string, message: string): { refused: string; message: string } {
  return { refused: code, message }
}

function carries(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}
