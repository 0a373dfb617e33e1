import type { Warn } from './warn.ts'

/** How records are gathered into batches; what a variable of OTEL_BSP_* or OTEL_BLRP_* means of it stands beside. */
export interface BatchLimits {
  /** Records that wait; more are dropped and counted. MAX_QUEUE_SIZE */
  queueMax: number
  /** About how many bytes of records wait; more are dropped and counted. */
  queueBytesMax: number
  /** Records of one batch; as many as wait are exported at once. MAX_EXPORT_BATCH_SIZE */
  batchMax: number
  /** How long a record waits for others. SCHEDULE_DELAY */
  delayMs: number
  /** How long an export may take before it counts as failed, and a flush before it is given up. EXPORT_TIMEOUT */
  exportTimeoutMs: number
}

const QUEUE_BYTES_MAX = 32 * 1024 * 1024

const DEFAULTS = {
  BSP: {
    queueMax: 65_536,
    queueBytesMax: QUEUE_BYTES_MAX,
    batchMax: 512,
    delayMs: 5_000,
    exportTimeoutMs: 30_000,
  },
  BLRP: {
    queueMax: 65_536,
    queueBytesMax: QUEUE_BYTES_MAX,
    batchMax: 512,
    delayMs: 1_000,
    exportTimeoutMs: 30_000,
  },
} satisfies Record<string, BatchLimits>

/** Metrics come as whole collections and wait for nothing. */
export const METRIC_LIMITS: BatchLimits = {
  queueMax: 20_000,
  queueBytesMax: QUEUE_BYTES_MAX,
  batchMax: 20_000,
  delayMs: 0,
  exportTimeoutMs: 30_000,
}

const VARIABLES = {
  MAX_QUEUE_SIZE: 'queueMax',
  MAX_EXPORT_BATCH_SIZE: 'batchMax',
  SCHEDULE_DELAY: 'delayMs',
  EXPORT_TIMEOUT: 'exportTimeoutMs',
} as const

/**
 * Of spans (BSP) or log records (BLRP). What cannot be understood is told to `warn` and ignored.
 *
 * Source  OpenTelemetry specification, "Batch Span Processor", "Batch LogRecord Processor"
 */
export function batchLimits(
  kind: 'BSP' | 'BLRP',
  environment: Readonly<Record<string, string | undefined>>,
  warn: Warn,
): BatchLimits {
  const limits: BatchLimits = { ...DEFAULTS[kind] }
  for (const [suffix, name] of Object.entries(VARIABLES)) {
    const variable = `OTEL_${kind}_${suffix}`
    const text = environment[variable]?.trim() ?? ''
    if (text === '') continue
    const isCount = name === 'queueMax' || name === 'batchMax'
    if (/^\d{1,9}$/.test(text) && !(isCount && Number(text) === 0)) limits[name] = Number(text)
    else
      warn(
        `${variable}=${JSON.stringify(text)} is ignored: it should be a whole number${isCount ? ' above 0' : ''}`,
      )
  }
  limits.batchMax = Math.min(limits.batchMax, limits.queueMax)
  return limits
}
