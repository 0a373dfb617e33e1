import type { RequestListener } from 'node:http'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { openSignalStore } from '@spanledger/sdk/store'
import {
  createGuard,
  createInflight,
  createIngest,
  createOtlpHttpHandler,
  DEFAULT_RECEIVE_LIMITS,
  type Guard,
  type Inflight,
  type Ingest,
  type IngestCounts,
  type ReceiveLimits,
} from '../receive/index.ts'
import type { WrittenLines } from '../projection/index.ts'
import type { Config } from './config.ts'
import { transcoderOf } from './transcode.ts'

/** From OTLP requests to the ledger's signals, without a port yet. */
export interface Receiver {
  ingest: Ingest
  counts: IngestCounts
  guard: Guard
  /** What servers are made of. */
  parts: { ingest: Ingest; guard: Guard; limits: ReceiveLimits; inflight: Inflight }
  http: RequestListener
  /** Writes what is on its way. */
  close(): Promise<void>
}

/** onAgentBatch  lines of coding agents, right after they were written */
export function createReceiver(
  platform: Platform,
  home: Home,
  config: Config,
  tell: { warn: (message: string) => void; onAgentBatch: (batch: WrittenLines) => void },
): Receiver {
  const store = openSignalStore(platform, home)
  const { ingest, counts } = createIngest({
    transcoder: transcoderOf(config),
    store,
    onRefused: (error) => tell.warn(error.message),
    onAgentBatch: tell.onAgentBatch,
  })
  const guard = createGuard({ allowedHosts: config.receive.allowedHosts })
  const limits = DEFAULT_RECEIVE_LIMITS
  const parts = { ingest, guard, limits, inflight: createInflight(limits) }
  return { ingest, counts, guard, parts, http: createOtlpHttpHandler(parts), close: () => store.close() }
}
