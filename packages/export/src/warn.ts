import type { Clock } from '@spanledger/sdk/platform'
import { emitWarning } from '@spanledger/sdk/record'

/** Tells somebody that something is wrong with the export. What has the same topic, the message unless given, is told rarely. */
export type Warn = (message: string, topic?: string) => void

/** A topic is told again only after so long: a collector that is away fails thousands of requests. */
const QUIET_MS = 60_000
const TOPICS_MAX = 100

/** As the runtime's own warnings, unless `tell` is given: on standard error, and to whoever listens to `warning`. */
export function createWarn(clock: Pick<Clock, 'monotonicMs'>, tell = warnOfExport): Warn {
  const told = new Map<string, number>()
  return (message, topic = message) => {
    const nowMs = clock.monotonicMs()
    const last = told.get(topic)
    if (last !== undefined && nowMs - last < QUIET_MS) return
    if (told.size >= TOPICS_MAX) told.clear()
    told.set(topic, nowMs)
    tell(message)
  }
}

const warnOfExport = (message: string): void => emitWarning(message, 'SpanledgerExportWarning')
