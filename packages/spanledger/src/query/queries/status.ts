import * as v from 'valibot'
import {
  HOME_VERSION,
  LEDGER_KINDS,
  listSegments,
  type Segment,
  writerOfSegment,
} from '@spanledger/sdk/ledger'
import { systemCode } from '@spanledger/sdk/platform'
import type { LedgerKind } from '@spanledger/sdk/model'
import type { DaemonInfo, QueryContext } from '../context.ts'
import { query } from '../query.ts'
import { readRange } from '../segments/files.ts'

interface KindStatus {
  kind: LedgerKind
  segments: number
  bytes: number
  /** When its newest segment was last written to. */
  lastWrittenAt: string | null
}

export interface StatusAnswer {
  home: string
  format: number
  version: string
  writable: boolean
  daemon: DaemonInfo | null
  kinds: KindStatus[]
  /** Processes that wrote signals here, ever. */
  writers: number
  bytes: number
  /** What needs a person's attention, each with what to do. */
  warnings: string[]
}

/** A line that its writer has not finished for so long is torn, not being written. */
const TORN_AFTER_MS = 60_000
const WARNINGS_MAX = 20
const LINE_FEED = 10

/** Looks at names, sizes and last bytes only, so that it answers at once however large the ledger is. */
export const status = query({
  summary: 'What is in this home, and whether a daemon runs for it',
  params: v.strictObject({}),
  async run(context): Promise<StatusAnswer> {
    const kinds: KindStatus[] = []
    const writers = new Set<string>()
    const warnings: string[] = []
    for (const kind of LEDGER_KINDS) {
      const segments = await listSegments(context.platform, context.home, kind)
      let last: number | undefined
      for (const segment of segments) {
        const writer = kind === 'events' ? undefined : writerOfSegment(segment.name)
        if (writer !== undefined) writers.add(writer)
        const { modifiedMs, warning } = await look(context, segment)
        if (warning !== undefined) warnings.push(warning)
        if (modifiedMs > (last ?? 0)) last = modifiedMs
      }
      const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
      const lastWrittenAt = last === undefined ? null : new Date(last).toISOString()
      kinds.push({ kind, segments: segments.length, bytes, lastWrittenAt })
    }
    const left = warnings.length - WARNINGS_MAX
    return {
      home: context.home.dir,
      format: HOME_VERSION,
      version: context.version,
      writable: !context.home.readOnly,
      daemon: await daemonOf(context),
      kinds,
      writers: writers.size,
      bytes: kinds.reduce((sum, kind) => sum + kind.bytes, 0),
      warnings: left > 0 ? [...warnings.slice(0, WARNINGS_MAX), `${left} more: spanledger verify`] : warnings,
    }
  },
})

/** Its address and nothing else: what was handed in may hold its token. */
async function daemonOf(context: QueryContext): Promise<DaemonInfo | null> {
  const running = await context.daemon()
  if (running === undefined) return null
  const { pid, port, otlpHttpPort, otlpGrpcPort, received } = running
  return {
    pid,
    port,
    ...(otlpHttpPort === undefined ? {} : { otlpHttpPort }),
    ...(otlpGrpcPort === undefined ? {} : { otlpGrpcPort }),
    ...(received === undefined ? {} : { received: { ...received } }),
  }
}

async function look(
  context: QueryContext,
  segment: Segment,
): Promise<{ modifiedMs: number; warning?: string }> {
  const { files, clock } = context.platform
  const modifiedMs = (await files.stat(segment.path))?.modifiedMs ?? 0
  if (segment.bytes === 0)
    return { modifiedMs, warning: `${segment.path} is empty: spanledger verify tells more` }
  const last = await lastByte(context, segment)
  if (typeof last === 'string') return { modifiedMs, warning: `${segment.path} cannot be read: ${last}` }
  if (last === LINE_FEED || clock.nowMs() - modifiedMs < TORN_AFTER_MS) return { modifiedMs }
  return { modifiedMs, warning: `${segment.path} ends in a torn line: the next spanledger up cuts it off` }
}

/** Or the code of why it cannot be read: one file of somebody else's must not keep the rest from being told. */
async function lastByte({ platform }: QueryContext, { path, bytes }: Segment): Promise<number | string> {
  try {
    return (await readRange(platform, path, bytes - 1, bytes))[0] ?? LINE_FEED
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    return code
  }
}
