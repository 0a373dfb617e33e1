import { randomBytes } from 'node:crypto'

/**
 * The demo agent's telemetry: OpenTelemetry spans by the gen_ai conventions, sent as OTLP/JSON, as an agent that Spanledger does
 * not know would send them. Written without an SDK so that the demo needs nothing installed.
 */
export interface DemoSpan {
  readonly spanId: string
  set(attributes: Record<string, string | number | boolean>): void
  fail(): void
  end(): void
}

type Attributes = Record<string, string | number | boolean>

export interface DemoTelemetry {
  traceId: string
  start(
    name: string,
    kind: 'internal' | 'client',
    parent: DemoSpan | undefined,
    attributes: Attributes,
  ): DemoSpan
  /** Sends what has ended. Errors  when the endpoint does not take it. */
  flush(): Promise<void>
}

const STATUS_ERROR = 2
const KINDS = { internal: 1, client: 3 }

export function createDemoTelemetry(endpoint: string, resource: Attributes): DemoTelemetry {
  const traceId = randomBytes(16).toString('hex')
  let ended: unknown[] = []
  // The wall clock of JavaScript has milliseconds only; the monotonic one gives the rest.
  const epochNano = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint()
  const now = (): string => String(epochNano + process.hrtime.bigint())

  return {
    traceId,
    start(name, kind, parent, attributes) {
      const spanId = randomBytes(8).toString('hex')
      const startTimeUnixNano = now()
      const all = { ...attributes }
      let code = 0
      return {
        spanId,
        set: (more) => void Object.assign(all, more),
        fail: () => void (code = STATUS_ERROR),
        end() {
          ended.push({
            traceId,
            spanId,
            ...(parent === undefined ? {} : { parentSpanId: parent.spanId }),
            name,
            kind: KINDS[kind],
            startTimeUnixNano,
            endTimeUnixNano: now(),
            attributes: keyValues(all),
            status: { code },
          })
        },
      }
    },
    async flush() {
      const spans = ended
      ended = []
      const body = {
        resourceSpans: [
          {
            resource: { attributes: keyValues(resource) },
            scopeSpans: [{ scope: { name: 'spanledger.demo' }, spans }],
          },
        ],
      }
      const response = await fetch(`${endpoint}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      if (!response.ok) throw new Error(`${endpoint} answered ${response.status}: ${await response.text()}`)
    },
  }
}

function keyValues(attributes: Attributes): unknown[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: string | number | boolean): unknown {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}
