import { whileLive } from '../while-live.ts'

/** Semantic conventions leave the sizes' bounds open: from a line of text to a large upload. */
const BYTES_BOUNDS = [0, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000]

/** What servers measure with. Source: semantic conventions, "HTTP server". */
export const serverTelemetry = whileLive(({ recorder, context, extract }) => {
  const meter = recorder.meter('@spanledger/instrument/http')
  const advice = { explicitBucketBoundaries: BYTES_BOUNDS }
  return {
    context,
    extract,
    clock: recorder.clock,
    tracer: recorder.tracer('@spanledger/instrument/http'),
    duration: meter.createHistogram('http.server.request.duration', {
      unit: 's',
      description: 'Duration of HTTP server requests.',
    }),
    active: meter.createUpDownCounter('http.server.active_requests', {
      unit: '{request}',
      description: 'Number of active HTTP server requests.',
      valueType: 'int',
    }),
    requestSize: meter.createHistogram('http.server.request.body.size', {
      unit: 'By',
      description: 'Size of HTTP server request bodies.',
      advice,
    }),
    responseSize: meter.createHistogram('http.server.response.body.size', {
      unit: 'By',
      description: 'Size of HTTP server response bodies.',
      advice,
    }),
  }
})

export type ServerTelemetry = NonNullable<ReturnType<typeof serverTelemetry>>
