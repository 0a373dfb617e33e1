import type { Platform } from '@spanledger/sdk/platform'
import {
  alwaysOn,
  attributeList,
  DEFAULT_LIMITS,
  extract,
  LedgerProcessor,
  parentBased,
  Recorder,
} from '@spanledger/sdk/record'
import type { Traced, TracedCommand } from '../cli/index.ts'
import type { Carrier } from '../work/index.ts'
import { VERSION } from './version.ts'
import { workAttributes } from './work-attributes.ts'

/** OpenTelemetry's status code. */
const FAILED = 2

/**
 * A command about tasks as a span in its home's ledger, by our own SDK; what the command records carries the span's ids. What cannot
 * be recorded is left out: the command goes on.
 *
 * Cost  9 ms of CPU time beside other load, of 190 (work claim).
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
  const recorder = new Recorder({
    platform,
    resource,
    processors: [new LedgerProcessor({ platform, home: command.home, resource, report: () => {} })],
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
    recorder.flushSync()
  }
}
