import { createHash } from 'node:crypto'

/**
 * What an agent hands to the next one, so that the work of both is one lineage: as JSON on `--carrier` or in
 * `SPANLEDGER_CARRIER`, or only the traceparent of W3C Trace Context.
 */
export interface Carrier {
  traceparent: string
  correlationId?: string
  causationId?: string
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/
const ID_CHARACTERS_MAX = 200

/** Undefined for what is none. */
export function parseCarrier(text: string): Carrier | undefined {
  const given = text.trim()
  if (isTraceparent(given)) return { traceparent: given }
  let json: unknown
  try {
    json = JSON.parse(given)
  } catch {
    return undefined
  }
  if (typeof json !== 'object' || json === null) return undefined
  const { traceparent, correlationId, causationId } = json as Record<string, unknown>
  if (typeof traceparent !== 'string' || !isTraceparent(traceparent)) return undefined
  return {
    traceparent,
    ...(isId(correlationId) ? { correlationId } : {}),
    ...(isId(causationId) ? { causationId } : {}),
  }
}

const isTraceparent = (text: string): boolean => {
  const [, trace, span] = TRACEPARENT.exec(text) ?? []
  return trace !== undefined && !/^0+$/.test(trace) && !/^0+$/.test(span!)
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && value.length <= ID_CHARACTERS_MAX

export const traceOf = ({ traceparent }: Carrier): { traceId: string; spanId: string } => {
  const [, traceId, spanId] = TRACEPARENT.exec(traceparent)!
  return { traceId: traceId!, spanId: spanId! }
}

/** Where nobody handed one on, the work of one correlation is a trace of its own, and each event a span in it. */
export function carrierOf(correlationId: string, causationId: string, traceId?: string): Carrier {
  return {
    traceparent: `00-${traceId ?? hex(correlationId, 32)}-${hex(causationId, 16)}-01`,
    correlationId,
    causationId,
  }
}

const hex = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits)
