import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { otlpTarget, SIGNALS } from '@spanledger/sdk/config'
import type { SdkConfig } from '@spanledger/sdk/config'
import type { BatchOptions, OtlpExporterOptions } from '../index.ts'

/** What the configuration says of OTLP, all of it: no variable is read again. */
export function otlpOptions(config: SdkConfig): OtlpExporterOptions {
  const targets = SIGNALS.map((signal) => [signal, otlpTarget(config, signal)] as const)
  const { enabled, dir, size } = config.spool
  const { home } = config.exporters.ledger
  const folder = dir ?? (home && join(home, 'spool'))
  const place = targets.map(([, { url }]) => url).join(' ')
  return {
    signals: Object.fromEntries(
      targets.map(([signal, { url, ...target }]) => [signal, { ...defined(target), endpoint: url }]),
    ),
    // One folder belongs to one collector: what waits for one must not go to another.
    ...(enabled &&
      folder !== undefined && { spool: { folder: join(folder, digest(place)), bytesMax: size } }),
    flushMsMax: config.shutdown.timeout,
    environment: {},
  }
}

export const batchOptions = ({
  batch,
  metrics,
  shutdown,
}: SdkConfig): Omit<BatchOptions, 'platform' | 'exporter' | 'resource'> => ({
  spans: limitsOf(batch.spans),
  logs: limitsOf(batch.logs),
  metrics: { exportTimeoutMs: metrics.timeout },
  flushMsMax: shutdown.timeout,
  environment: {},
})

const limitsOf = ({ delay, timeout, queue, size }: SdkConfig['batch']['spans']) => ({
  delayMs: delay,
  exportTimeoutMs: timeout,
  queueMax: queue,
  batchMax: Math.min(size, queue),
})

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)

/** Without the members that are undefined. */
const defined = <T extends object>(members: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>
  }
