import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** A home with made-up traces of a shop's services, written straight in the ledger's format: seeded, so the same options give the same bytes. */
export interface GenerateOptions {
  spans: number
  seed?: number
  spansPerTrace?: number
  segmentBytesMax?: number
  /** When the first trace starts, unix milliseconds. */
  startMs?: number
}

export interface Generated {
  traceIds: string[]
  bytes: number
  segments: number
}

const SERVICES = ['checkout', 'cart', 'payment', 'catalogue', 'shipping', 'mail']
const NAMES = [
  'GET /api/cart',
  'POST /api/checkout',
  'SELECT orders',
  'redis GET',
  'publish order.placed',
  'render page',
]
const WRITER = '3f9c1a2b7d04'
/** So many traces are written interleaved, as services that answer at the same time do. */
const INTERLEAVED = 8

export function generateHome(home: string, options: GenerateOptions): Generated {
  const { spans, seed = 1, spansPerTrace = 16, segmentBytesMax = 64 * 1024 * 1024 } = options
  const startMs = options.startMs ?? Date.UTC(2026, 10, 21)
  const random = mulberry32(seed)
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits)
      text += Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return text.slice(0, digits)
  }
  for (const kind of ['spans', 'logs', 'metrics', 'events'])
    mkdirSync(join(home, 'ledger', kind), { recursive: true })
  writeFileSync(join(home, 'home.json'), '{"spanledger":1}\n')

  const origins = SERVICES.map((service) => originLine(service))
  let file = -1
  let written = 0
  let bytes = 0
  let segments = 0
  const roll = (): void => {
    if (file !== -1) closeSync(file)
    segments++
    const stamp = new Date(startMs + segments * 1000).toISOString().replaceAll(/[-:.]/g, '')
    const segment = `${stamp}-${WRITER}-${String(segments).padStart(6, '0')}`
    file = openSync(join(home, 'ledger', 'spans', `${segment}.jsonl`), 'w')
    const header = {
      ledger: 1,
      kind: 'spans',
      segment,
      writer: WRITER,
      created: `${BigInt(startMs) * 1_000_000n}`,
    }
    written = writeSync(file, JSON.stringify(header) + '\n' + origins.map((o) => o.line).join(''))
  }
  roll()

  const traceIds: string[] = []
  let timeMs = startMs
  let made = 0
  while (made < spans) {
    const group = Array.from({ length: INTERLEAVED }, () => ({ trace: hex(32), ids: [] as string[] }))
    for (const { trace } of group) traceIds.push(trace)
    let text = ''
    for (let i = 0; i < spansPerTrace && made < spans; i++) {
      for (const { trace, ids } of group) {
        if (made >= spans) break
        const id = hex(16)
        const parent = ids.length === 0 ? undefined : ids[Math.floor(random() * ids.length)]
        ids.push(id)
        const service = Math.floor(random() * SERVICES.length)
        const ns = Math.floor(random() ** 4 * 2e9) + 50_000
        text += spanLine({
          span: id,
          trace,
          ...(parent === undefined ? {} : { parent }),
          name: NAMES[Math.floor(random() * NAMES.length)]!,
          kind: i === 0 ? 'server' : 'client',
          start: `${BigInt(timeMs) * 1_000_000n + BigInt(i * 1_234_567)}`,
          ns,
          ...(random() < 0.02 ? { status: 'error', message: 'upstream said 503' } : {}),
          attrs: {
            'http.request.method': 'GET',
            'http.route': '/api/cart/{id}',
            'http.response.status_code': 200,
            'url.path': `/api/cart/${Math.floor(random() * 1e6)}`,
            'server.address': 'cart.internal',
            'server.port': 8080,
            'user.tier': 'gold',
            'db.rows': Math.floor(random() * 1000),
            'cache.hit': random() < 0.5,
            'app.total': Math.round(random() * 1e4) / 100 + 0.001,
            'network.protocol.version': '1.1',
          },
          in: origins[service]!.id,
        })
        made++
      }
    }
    timeMs += 20
    written += writeSync(file, text)
    bytes += text.length
    if (written >= segmentBytesMax) roll()
  }
  closeSync(file)
  return { traceIds, bytes, segments }
}

function originLine(service: string): { id: string; line: string } {
  const content = {
    resource: { attrs: { 'service.name': service, 'service.version': '1.4.2' } },
    scope: { name: 'shop', version: '1.0' },
  }
  const id = createHash('sha256')
    .update(JSON.stringify(content))
    .digest()
    .subarray(0, 6)
    .toString('base64url')
  return { id, line: JSON.stringify({ origin: id, ...content }) + '\n' }
}

const spanLine = (span: Record<string, unknown>): string => JSON.stringify(span) + '\n'

/** Mulberry32: 32 bits of state are enough for made-up data. */
function mulberry32(seed: number): () => number {
  let a = seed >>> 0
  return () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = Math.imul(a ^ (a >>> 15), a | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
