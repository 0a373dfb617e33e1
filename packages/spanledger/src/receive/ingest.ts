import type { SignalStore } from '@spanledger/sdk/store'
import type { Signal, Transcoded, Transcoder } from '../otlp/index.ts'

/** How a request's bytes are encoded. */
export type Encoding = 'protobuf' | 'json'

/** An acknowledged request: what of it was refused record by record, and why (partial success). */
export interface Accepted {
  rejected: number
  /** Empty when there is nothing to tell. */
  message: string
}

/**
 * From the bytes of one OTLP request to its acknowledgement: transcoded, redacted, written.
 *
 * Durable  resolves after the lines were handed to the operating system; fsynced within a second.
 * Errors   MalformedOtlpError (never retry), StorageFullError and StorageSyncError (retry later)
 */
export type Ingest = (signal: Signal, encoding: Encoding, bytes: Uint8Array) => Promise<Accepted>

/** Counts since the daemon started. */
export interface IngestCounts {
  requests: number
  spans: number
  logs: number
  metrics: number
  rejected: number
  redacted: number
  malformed: number
}

export interface IngestOptions {
  transcoder: Transcoder
  store: Pick<SignalStore, 'append'>
  /** Called for each request that the ledger did not take: the disk is full or failing. Its sender is told to try again. */
  onRefused?: (error: Error) => void
  /** Called after a batch that agents' adapters want to see was written. */
  onAgentBatch?: (batch: Transcoded['batch']) => void
}

export function createIngest(options: IngestOptions): { ingest: Ingest; counts: IngestCounts } {
  const { transcoder, store, onAgentBatch, onRefused } = options
  const counts: IngestCounts = {
    requests: 0,
    spans: 0,
    logs: 0,
    metrics: 0,
    rejected: 0,
    redacted: 0,
    malformed: 0,
  }

  const transcode = (signal: Signal, encoding: Encoding, bytes: Uint8Array): Transcoded => {
    try {
      return encoding === 'protobuf' ? transcoder.protobuf(signal, bytes) : transcoder.json(signal, bytes)
    } catch (error) {
      counts.malformed++
      throw error
    }
  }

  const ingest: Ingest = async (signal, encoding, bytes) => {
    const { batch, accepted, rejected, message, redacted, agents } = transcode(signal, encoding, bytes)
    if (accepted > 0) {
      await store.append(batch).catch((error: Error) => {
        onRefused?.(error)
        throw error
      })
      if (agents) onAgentBatch?.(batch)
    }
    counts.requests++
    counts[batch.kind] += accepted
    counts.rejected += rejected
    counts.redacted += redacted
    return { rejected, message }
  }
  return { ingest, counts }
}
