/**
 * A request that is no OTLP: nothing of it was taken, and sending it again will not help.
 *
 * where  The place, as `resourceSpans[0].scopeSpans[1].spans[3].traceId`, `byte 1234`, or both.
 */
export class MalformedOtlpError extends Error {
  code = 'MALFORMED_OTLP'
  where
  reason
  constructor(where, reason) {
    super(`${where}: ${reason}`)
    this.where = where
    this.reason = reason
  }
}
