import { join } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'
import { runSuppressed } from '@spanledger/sdk/record'
import type { ExportBatch, ExportResult, Exporter } from './exporter.ts'
import { Circuit } from './circuit.ts'
import { Delivery } from './delivery.ts'
import type { DeliveryStats } from './delivery.ts'
import { encodeJson } from './json/request.ts'
import { openLaneTransport } from './lane-transport.ts'
import { type LastRequest, sendNow } from './send-now.ts'
import { CLOSE_MS_MAX, FLUSH_MS_MAX, REQUEST_BYTES_MAX, RETRY_MS_MAX } from './limits.ts'
import { SIGNALS } from './outcome.ts'
import type { EncodedRequest, Encoding, Signal } from './outcome.ts'
import { ProtobufEncoder } from './protobuf/request.ts'
import type { OtlpOptions } from './settings.ts'
import { Spool } from './spool.ts'
import { spoolNow } from './spool-now.ts'
import type { SpoolOptions } from './spool.ts'
import { createWarn } from './warn.ts'
import type { Warn } from './warn.ts'
import { within } from './within.ts'

export interface OtlpExporterOptions extends OtlpOptions {
  /** What differs for one signal. An endpoint here is taken as it is, without `v1/<signal>`. */
  signals?: Partial<Record<Signal, OtlpOptions>>
  /** A home: everything goes to the daemon that runs for it, wherever that listens at the moment. */
  daemon?: string
  /** Where requests wait that cannot be delivered: a folder for this collector alone. Without it they are dropped in the end. */
  spool?: SpoolOptions
  /** How long one request is tried again without a spool. */
  retryMsMax?: number
  /** How long forceFlush and shutdown may take; shutdown then leaves what waits to the spool. */
  flushMsMax?: number
  environment?: Readonly<Record<string, string | undefined>>
  warn?: Warn
}

export interface OtlpExporter extends Exporter {
  stats(): Record<Signal, DeliveryStats>
}

/** One signal on its way out. */
interface Lane {
  delivery: Delivery
  encoding: Encoding
  /** False while the collector is known to be away. */
  isReachable(): boolean
  /** Requests one after the other. */
  last: Promise<unknown>
}

const SIGNAL_OF = { spans: 'traces', logs: 'logs', metrics: 'metrics' } as const

/**
 * Sends batches to an OTLP endpoint. A batch counts as taken once the collector took it, or once it is on the disk in the spool.
 *
 * Retries  exactly where the protocol allows it, so what comes twice is what the collector took and could not answer.
 * Errors   none: what goes wrong is counted in `stats`, and told to `warn`.
 */
export function otlpExporter(platform: Platform, options: OtlpExporterOptions = {}): OtlpExporter {
  const { clock } = platform
  const warn = options.warn ?? createWarn(clock)
  const protobuf = new ProtobufEncoder()
  const lanes = openLanes(platform, options, warn)
  let ended: Promise<void> | undefined

  const encode = (batch: ExportBatch, encoding: Encoding): EncodedRequest[] => {
    const bytes = encoding === 'json' ? encodeJson(batch) : protobuf.encode(batch)
    if (bytes.length <= REQUEST_BYTES_MAX || batch.records.length < 2)
      return [{ bytes, encoding, items: itemsOf(batch) }]
    const half = batch.records.length >> 1
    const parts = [batch.records.slice(0, half), batch.records.slice(half)]
    return parts.flatMap((records) => encode({ ...batch, records } as ExportBatch, encoding))
  }

  const send = async (lane: Lane, batch: ExportBatch): Promise<ExportResult> => {
    const result = { accepted: 0, rejected: 0, message: '' }
    for (const request of encode(batch, lane.encoding)) {
      const { accepted, message } = await lane.delivery.deliver(request)
      result.accepted += accepted
      result.rejected += request.items - accepted
      if (message !== '') result.message = message
    }
    return result
  }

  const each = (work: (lane: Lane) => Promise<void>): Promise<unknown> =>
    runSuppressed(() => Promise.all([...lanes.values()].map(work)))

  const flushMs = options.flushMsMax ?? FLUSH_MS_MAX
  const flush = (withinMs: number): Promise<boolean> =>
    within(
      clock,
      withinMs,
      each(async (lane) => {
        await lane.last
        await lane.delivery.flush()
      }),
    )

  return {
    async export(batch) {
      const lane = lanes.get(SIGNAL_OF[batch.kind])
      const nothing = { accepted: 0, rejected: itemsOf(batch) }
      if (ended !== undefined) return { ...nothing, message: 'the exporter was shut down' }
      if (lane === undefined) return { ...nothing, message: 'there is no endpoint for it' }
      const sent = lane.last.then(() => runSuppressed(() => send(lane, batch)))
      lane.last = sent.catch(() => {})
      return sent.catch((error: Error) => {
        warn(`a batch of ${batch.kind} cannot be encoded: ${error.message}`, 'encode')
        return { ...nothing, message: error.message }
      })
    },
    async forceFlush(withinMs = flushMs) {
      if (ended === undefined) await flush(withinMs)
    },
    shutdown(withinMs = flushMs) {
      return (ended ??= (async () => {
        await flush(withinMs)
        await within(
          clock,
          CLOSE_MS_MAX,
          each((lane) => lane.delivery.close()),
        )
      })())
    },
    exportSync(batches, withinMs = flushMs) {
      const requests = batches.flatMap((batch): LastRequest[] => {
        const signal = SIGNAL_OF[batch.kind]
        const lane = lanes.get(signal)
        return lane === undefined ? [] : encode(batch, lane.encoding).map((one) => ({ signal, ...one }))
      })
      const reachable = requests.filter(({ signal }) => lanes.get(signal)!.isReachable())
      const answered = sendNow(reachable, options, Math.min(withinMs, flushMs))
      for (const signal of SIGNALS) {
        const left = requests.filter((one) => one.signal === signal && !answered.has(one))
        if (left.length > 0) keepNow(platform, lanes.get(signal)!, signal, left, options.spool)
      }
    },
    stats: () =>
      Object.fromEntries(
        SIGNALS.map((signal) => [signal, { ...(lanes.get(signal)?.delivery.stats ?? Delivery.nothing()) }]),
      ) as Record<Signal, DeliveryStats>,
  }
}

function openLanes(platform: Platform, options: OtlpExporterOptions, warn: Warn): Map<Signal, Lane> {
  const { environment = process.env, spool: spoolOptions } = options
  const lanes = new Map<Signal, Lane>()
  const circuits = new Map<string, Circuit>()
  for (const signal of SIGNALS) {
    const opened = openLaneTransport(platform, signal, options, environment, warn)
    if (opened === undefined) continue
    const { transport, encoding, place } = opened
    const circuit = circuits.get(place) ?? new Circuit(platform.clock)
    circuits.set(place, circuit)
    const delivery: Delivery = new Delivery({
      platform,
      signal,
      transport,
      circuit,
      deadlineMs: options.retryMsMax ?? RETRY_MS_MAX,
      warn,
      ...(spoolOptions === undefined
        ? {}
        : {
            spool: new Spool(
              platform,
              { ...spoolOptions, folder: join(spoolOptions.folder, signal) },
              (items, why) => delivery.drop(items, why),
            ),
          }),
    })
    lanes.set(signal, {
      delivery,
      encoding,
      isReachable: () => circuit.phase === 'closed',
      last: Promise.resolve(),
    })
  }
  return lanes
}

/** What no collector answered for before the process ends. */
function keepNow(
  platform: Platform,
  { delivery }: Lane,
  signal: Signal,
  requests: readonly EncodedRequest[],
  spool: SpoolOptions | undefined,
): void {
  const items = requests.reduce((sum, one) => sum + one.items, 0)
  if (spool === undefined) return delivery.drop(items, 'the process ended before the collector took them')
  try {
    spoolNow(platform, join(spool.folder, signal), requests)
    delivery.stats.spooled += items
  } catch (error) {
    delivery.drop(items, `the spool cannot be written: ${(error as Error).message}`)
  }
}

/** As ExportResult counts. */
function itemsOf(batch: ExportBatch): number {
  if (batch.kind !== 'metrics') return batch.records.length
  return batch.records.reduce((sum, { points }) => sum + points.length, 0)
}
