import type { Recording } from '../record/index.ts'
import type { StartOptions } from '../setup/index.ts'
import { live, setLive } from './live.ts'

let recording: Promise<Recording | undefined> | undefined

/**
 * Turns recording on: from then on everything goes where the configuration says, the ledger unless told. Before, and without, no
 * instrumented call does anything. With @opentelemetry/api installed it becomes its provider too. Again: nothing.
 *
 * Errors  none because of what it finds; it warns once about what it cannot read.
 */
export async function start(options: StartOptions & { openTelemetry?: boolean } = {}): Promise<void> {
  await (recording ??= begin(options))
}

/** Resolves when everything recorded so far is kept. */
export async function forceFlush(): Promise<void> {
  await (await recording)?.forceFlush()
}

/** Turns recording off, after a flush; `start` turns it on anew. */
export async function shutdown(): Promise<void> {
  const ending = recording
  recording = undefined
  const found = await ending
  if (found === undefined) return
  setLive(undefined)
  await found.shutdown()
}

export const isRecording = (): boolean => live !== undefined

async function begin({
  openTelemetry = true,
  ...options
}: StartOptions & { openTelemetry?: boolean }): Promise<Recording | undefined> {
  if (options.config?.enabled === undefined && isSwitchedOff(process.env)) return undefined
  const [record, { setUpRecording }] = await Promise.all([
    import('../record/index.ts'),
    import('../setup/index.ts'),
  ])
  const started = await setUpRecording(options)
  if (started === undefined) return undefined
  const { recorder } = started
  const { recordWith, context, extract, inject, environmentWith } = record
  const unregister = openTelemetry
    ? await import('../otel-api/index.ts').then(({ registerOpenTelemetry }) =>
        registerOpenTelemetry(recorder),
      )
    : undefined
  setLive({
    recorder,
    tracer: recorder.tracer(''),
    logger: recorder.logger(''),
    recordWith,
    context,
    extract,
    inject,
    environmentWith,
  })
  return {
    ...started,
    async shutdown() {
      unregister?.()
      await started.shutdown()
    },
  }
}

/** Whether variables say so by themselves; then nothing is loaded to find out. Source: config/keys.ts, `enabled`. */
function isSwitchedOff({
  SPANLEDGER_ENABLED: own = '',
  OTEL_SDK_DISABLED: disabled = '',
}: Readonly<Record<string, string | undefined>>): boolean {
  return own.trim() === '' ? /^(?:true|1)$/i.test(disabled.trim()) : own.trim().toLowerCase() === 'false'
}
