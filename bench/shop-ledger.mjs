// Writes a ledger of made-up spans with the variety that real services have, straight in the ledger's format: 12 services, 60
// operations, 41 attribute keys of which a span has 8 to 16, traces of 1 to 200 spans over one day, 1 % errors. Seeded.
//
//   low cardinality   methods, routes, status codes, tables, queries, regions, versions
//   many values       user ids (100,000, some far more often than others), addresses, cache keys, urls with ids, sizes, row counts
//   one each          a request id a trace, message ids; span ids and trace ids are random
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { generator } from './lib.mjs'

export const DAY_MS = 86_400_000
const WRITER = '3f9c1a2b7d04'
const SEGMENT_BYTES = 64 * 1024 * 1024
const WRITE_CHARACTERS = 1024 * 1024
/** Traces at the same time; each is told in batches of a service's spans. */
const CONCURRENT = 8

const SERVICES = [
  'web',
  'checkout',
  'cart',
  'payment',
  'catalogue',
  'search',
  'shipping',
  'mail',
  'users',
  'stock',
  'pricing',
  'reviews',
]
const RESOURCES = ['orders', 'carts', 'payments', 'products', 'users', 'shipments', 'reviews', 'prices']
const AGENTS = Array.from(
  { length: 20 },
  (_, i) => `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/${110 + i}.0 Safari/537.36`,
)

/**
 * @param home a folder that is not there yet
 * @param endMs when the last trace begins, unix milliseconds: the day ends there
 * @returns ids to ask for, and how many spans have what was made rare
 */
export function writeShopLedger(home, { spans, seed = 1, endMs }) {
  const random = generator(seed)
  const int = (below) => Math.floor(random() * below)
  const pick = (items) => items[int(items.length)]
  const skewed = (below) => Math.floor(random() ** 3 * below)
  const hex = (words) => {
    let text = ''
    for (let i = 0; i < words; i++) text += ((random() * 2 ** 32) >>> 0).toString(16).padStart(8, '0')
    return text
  }
  for (const kind of ['spans', 'logs', 'metrics', 'events'])
    mkdirSync(join(home, 'ledger', kind), { recursive: true })
  for (const folder of ['index', 'run']) mkdirSync(join(home, folder))
  writeFileSync(join(home, 'home.json'), '{"spanledger":1}\n')

  const origins = SERVICES.map(originOf)
  const operations = SERVICES.flatMap((_, service) => operationsOf(service))
  const byService = SERVICES.map((_, service) =>
    operations.filter((operation) => operation.service === service),
  )
  const entries = operations.filter(({ kind }) => kind === 'server')

  const startMs = endMs - DAY_MS
  let file = -1
  let segments = 0
  let inSegment = 0
  let bytes = 0
  let text = ''
  const flush = () => {
    if (text === '') return
    const written = writeSync(file, text)
    text = ''
    inSegment += written
    bytes += written
  }
  const roll = (ms) => {
    flush()
    if (file !== -1) closeSync(file)
    segments++
    inSegment = 0
    const stamp = new Date(ms).toISOString().replaceAll(/[-:.]/g, '')
    const segment = `${stamp}-${WRITER}-${String(segments).padStart(6, '0')}`
    file = openSync(join(home, 'ledger/spans', `${segment}.jsonl`), 'w')
    const head = { ledger: 1, kind: 'spans', segment, writer: WRITER, created: `${ms}000000` }
    text = `${JSON.stringify(head)}\n${origins.map(({ line }) => line).join('')}`
  }

  const begin = (ms) => {
    const length = random() < 0.3 ? 1 + int(4) : random() < 0.98 ? 5 + skewed(40) : 50 + int(151)
    return {
      id: hex(4),
      ms,
      at: 0,
      left: length,
      user: skewed(100_000),
      request: uuid(hex(4)),
      ids: [],
      service: 0,
    }
  }
  const span = (trace) => {
    const isRoot = trace.ids.length === 0
    const operation = isRoot ? pick(entries) : pick(byService[trace.service])
    if (isRoot) trace.service = operation.service
    const id = hex(2)
    const parent = isRoot ? '' : `,"parent":"${trace.ids[Math.max(0, trace.ids.length - 1 - skewed(12))]}"`
    trace.ids.push(id)
    const failed = random() < 0.01
    const ns = Math.floor(operation.ns * Math.exp(4 * (random() ** 2 - 0.3)))
    trace.at += int(400_000)
    const nanos = `${Math.floor(trace.ms + trace.at / 1e6)}${String(Math.floor((trace.at % 1e6) + int(1000)))
      .padStart(6, '0')
      .slice(-6)}`
    const kind = operation.kind === 'internal' ? '' : `,"kind":"${operation.kind}"`
    const status = failed ? ',"status":"error","message":"upstream did not answer in time"' : ''
    const events = failed
      ? `,"events":[{"name":"exception","time":"${nanos}","attrs":{"exception.type":"TimeoutError","exception.message":"upstream did not answer in time"}}]`
      : ''
    return (
      `{"span":"${id}","trace":"${trace.id}"${parent},"name":"${operation.name}"${kind},"start":"${nanos}","ns":${ns}${status},` +
      `"attrs":{${operation.attrs(trace, { random, int, pick, skewed, hex }, failed)}}${events},"in":"${origins[operation.service].id}"}\n`
    )
  }

  roll(startMs)
  const active = []
  const asked = { traceIds: [], requests: [], users: new Map() }
  for (let made = 0; made < spans;) {
    const nowMs = startMs + Math.floor((made / spans) * DAY_MS)
    while (active.length < CONCURRENT) active.push(begin(nowMs + random()))
    const place = int(active.length)
    const trace = active[place]
    const batch = Math.min(trace.left, 1 + int(12), spans - made)
    for (let i = 0; i < batch; i++) text += span(trace)
    trace.service = int(SERVICES.length)
    trace.left -= batch
    made += batch
    if (trace.left === 0) {
      if (asked.traceIds.length < 50_000 && random() < 0.05) {
        asked.traceIds.push(trace.id)
        asked.requests.push(trace.request)
      }
      active.splice(place, 1)
    }
    if (text.length > WRITE_CHARACTERS) flush()
    if (inSegment >= SEGMENT_BYTES && made < spans) roll(nowMs)
  }
  flush()
  closeSync(file)
  return { bytes, segments, startMs, endMs, traceIds: asked.traceIds, requests: asked.requests }
}

/** Five for each service: two that answer requests, and what these do. */
function operationsOf(service) {
  const name = SERVICES[service]
  const resource = RESOURCES[service % RESOURCES.length]
  const http = (method, route, ns, kind) => ({
    service,
    kind,
    ns,
    name: `${method} ${route}`,
    attrs: (trace, { int, pick, skewed }, failed) =>
      `"http.request.method":"${method}","http.route":"${route}","url.path":"${route.replace('{id}', String(int(1_000_000)))}",` +
      `"url.scheme":"https","http.response.status_code":${failed ? pick([500, 502, 503, 504]) : pick([200, 200, 200, 200, 201, 204, 304, 404])},` +
      `"server.address":"${name}.internal","server.port":8443,"network.protocol.version":"1.1","client.address":"10.${service}.${skewed(40)}.${int(250)}",` +
      `"user.id":"u-${trace.user}","request.id":"${trace.request}","http.response.body.size":${skewed(90_000)},"user_agent.original":"${AGENTS[trace.user % 20]}"` +
      (failed ? ',"error.type":"TimeoutError"' : ''),
  })
  return [
    http('GET', `/api/${resource}/{id}`, 8e6, 'server'),
    http('POST', `/api/${resource}`, 2e7, 'server'),
    {
      service,
      kind: 'client',
      ns: 2e6,
      name: `SELECT ${resource}`,
      attrs: (trace, { int, skewed }, failed) =>
        `"db.system.name":"postgresql","db.namespace":"${name}","db.collection.name":"${resource}","db.operation.name":"SELECT",` +
        `"db.query.text":"SELECT * FROM ${resource} WHERE id = $1 AND region = $2","db.response.returned_rows":${skewed(500)},"server.address":"db-${int(3)}.internal",` +
        `"server.port":5432,"thread.id":${int(64)},"db.pool.wait_ms":${(skewed(5000) / 1000 + 0.0005).toFixed(4)}` +
        (failed ? ',"error.type":"57014"' : ''),
    },
    service % 2 === 0
      ? {
          service,
          kind: 'client',
          ns: 3e5,
          name: 'redis GET',
          attrs: (trace, { random, int }, failed) =>
            `"db.system.name":"redis","db.operation.name":"GET","cache.key":"${resource}:${int(50_000)}","cache.hit":${random() < 0.8},"cache.ttl_s":${60 * (1 + int(10))},` +
            `"server.address":"redis-${int(2)}.internal","server.port":6379,"thread.id":${int(64)},"user.tier":"${trace.user % 9 === 0 ? 'gold' : 'basic'}"` +
            (failed ? ',"error.type":"ECONNRESET"' : ''),
        }
      : {
          service,
          kind: 'producer',
          ns: 9e5,
          name: `publish ${resource}.changed`,
          attrs: (trace, { int, hex }, failed) =>
            `"messaging.system":"kafka","messaging.destination.name":"${resource}.changed","messaging.operation.type":"send","messaging.message.id":"${hex(3)}",` +
            `"messaging.destination.partition.id":"${int(24)}","messaging.message.body.size":${200 + int(2000)},"server.address":"kafka-${int(3)}.internal","server.port":9092` +
            (failed ? ',"error.type":"NOT_LEADER"' : ''),
        },
    {
      service,
      kind: 'internal',
      ns: 1e6,
      name: `${name}.render`,
      attrs: (trace, { random, int, pick }) =>
        `"code.function.name":"${name}.render","code.line.number":${10 + int(40)},"thread.id":${int(64)},"app.region":"${pick(['eu-west-1', 'us-east-1', 'ap-south-1'])}",` +
        `"app.total":${(int(100_000) / 100 + 0.001).toFixed(3)},"app.items":${1 + int(12)},"app.experiment":"exp-${int(30)}","feature_flag.key":"new-${name}","feature_flag.result.variant":"${pick(['on', 'off'])}",` +
        `"user.id":"u-${trace.user}","gc.pause":${random() < 0.05}`,
    },
  ]
}

function originOf(service) {
  const content = {
    resource: {
      attrs: {
        'service.name': service,
        'service.version': '2.14.3',
        'deployment.environment.name': 'production',
        'host.name': 'node-17',
        'telemetry.sdk.language': 'nodejs',
      },
    },
    scope: { name: 'shop', version: '1.0' },
  }
  const id = createHash('sha256')
    .update(JSON.stringify(content))
    .digest()
    .subarray(0, 6)
    .toString('base64url')
  return { id, line: `${JSON.stringify({ origin: id, ...content })}\n` }
}

const uuid = (digits) =>
  `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
