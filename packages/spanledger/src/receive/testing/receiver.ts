import http from 'node:http'
import { createGuard } from '../guard.ts'
import { createOtlpGrpcServer } from '../grpc.ts'
import { createOtlpHttpHandler } from '../http.ts'
import { createInflight } from '../inflight.ts'
import type { Ingest } from '../ingest.ts'
import { DEFAULT_RECEIVE_LIMITS, type ReceiveLimits } from '../limits.ts'
import { listenOnLoopback } from '../listen.ts'

/** What a receiver handed on. */
interface Received {
  signal: string
  encoding: string
  bytes: Uint8Array
}

/** Both receivers on free ports over one ingest; without an ingest of its own it takes everything and remembers it. */
export async function startReceiver(options: { ingest?: Ingest; limits?: Partial<ReceiveLimits> } = {}) {
  const received: Received[] = []
  const remember: Ingest = (signal, encoding, bytes) => {
    received.push({ signal, encoding, bytes })
    return Promise.resolve({ rejected: 0, message: '' })
  }
  const limits = { ...DEFAULT_RECEIVE_LIMITS, ...options.limits }
  const shared = {
    ingest: options.ingest ?? remember,
    guard: createGuard({ allowedHosts: ['otlp.test'] }),
    inflight: createInflight(limits),
    limits,
  }
  const overHttp = await listenOnLoopback(
    () => http.createServer(createOtlpHttpHandler(shared)),
    0,
    'HTTP',
    '--http',
  )
  const overGrpc = await listenOnLoopback(() => createOtlpGrpcServer(shared), 0, 'gRPC', '--grpc')
  return {
    received,
    httpPort: overHttp.port,
    grpcPort: overGrpc.port,
    async close() {
      await Promise.all([overHttp.close(), overGrpc.close()])
    },
  }
}
