import { request } from 'node:http'
import type { Platform } from '@spanledger/sdk/platform'
import {
  alwaysOn,
  attributeList,
  DEFAULT_LIMITS,
  extract,
  LedgerProcessor,
  parentBased,
  type Processor,
  Recorder,
  RecordRedactor,
  type Resource,
  type SpanData,
} from '@spanledger/sdk/record'
import type { Traced, TracedCommand } from '../cli/index.ts'
import type { Carrier } from '../work/index.ts'
import { VERSION } from './version.ts'
import { workAttributes } from './work-attributes.ts'

/** OpenTelemetry's status code. */
const FAILED = 2

/** A daemon that takes longer is not waited for. */
const SEND_MS_MAX = 300

/**
 * A command about tasks as a span in its home's ledger; what the command records carries the span's ids. A daemon that runs writes it
 * beside what else it takes; without one the span has a segment of its own. What cannot be recorded is left out: the command goes on.
 */
export async function inSpan(
  platform: Platform,
  env: Readonly<Record<string, string | undefined>>,
  carrier: Carrier | undefined,
  { params, ...command }: TracedCommand,
  ask: (params: TracedCommand['params']) => Promise<Traced>,
): Promise<Traced> {
  const resource = {
    attributes: attributeList({ 'service.name': 'spanledger', 'service.version': VERSION }, DEFAULT_LIMITS),
    schemaUrl: '',
  }
  const ended: SpanData[] = []
  const recorder = new Recorder({
    platform,
    resource,
    processors: [keepingIn(ended)],
    sampler: parentBased(alwaysOn),
    limits: DEFAULT_LIMITS,
    severityMin: 0,
    temporality: 'cumulative',
  })
  const parent = extract({ traceparent: carrier?.traceparent ?? '' })
  const span = recorder.tracer('spanledger').startSpan(command.name, {}, parent)
  const { traceId, spanId, traceFlags } = span.spanContext()
  const traceparent = `00-${traceId}-${spanId}-0${traceFlags & 1}`
  let answer: Traced | undefined
  try {
    const handedOn = { ...params, carrier: JSON.stringify({ ...carrier, traceparent }) }
    answer = await ask(command.takesCarrier ? handedOn : params)
    return answer
  } finally {
    span.setAttributes(workAttributes(command.name, params, answer, env))
    const message = answer?.['message']
    if (answer === undefined || 'refused' in answer)
      span.setStatus({ code: FAILED, ...(typeof message === 'string' ? { message } : {}) })
    span.end()
    await keep(platform, command.home, resource, ended).catch(() => {})
  }
}

const keepingIn = (spans: SpanData[]): Processor => ({
  span: (span) => void spans.push(span),
  log: () => {},
  metrics: () => {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
})

async function keep(
  platform: Platform,
  home: string,
  resource: Resource,
  spans: readonly SpanData[],
): Promise<void> {
  const [first] = spans
  // Not sampled.
  if (first === undefined) return
  const { encodeJson, findDaemon } = await import('@spanledger/export')
  const daemon = await findDaemon(platform, home)
  if (daemon !== undefined && (await send(daemon, encodeJson({ kind: 'spans', resource, records: spans }))))
    return
  const { createRedactor } = await import('@spanledger/sdk/redact')
  const { loadConfig } = await import('./load-config.ts')
  const redactor = new RecordRedactor(createRedactor((await loadConfig(home)).redaction))
  const ledger = new LedgerProcessor({ platform, home, resource, redactor, report: () => {} })
  ledger.span(first)
  ledger.flushSync()
}

/** False: it was not taken, or nobody knows. */
function send(daemon: string, body: Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      `${daemon}/v1/traces`,
      {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'content-length': body.length },
        signal: AbortSignal.timeout(SEND_MS_MAX),
      },
      (response) => {
        response.resume()
        resolve(response.statusCode === 200)
      },
    )
    sent.once('error', () => resolve(false))
    sent.end(body)
  })
}
