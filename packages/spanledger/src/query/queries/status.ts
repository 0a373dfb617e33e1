import * as v from 'valibot'
import {
  HOME_VERSION,
  LEDGER_KINDS,
  listSegments,
  readSegmentRange,
  sealedWrittenMs,
  type Segment,
  writerOfSegment,
} from '@spanledger/sdk/ledger'
import { systemCode } from '@spanledger/sdk/platform'
import type { LedgerKind } from '@spanledger/sdk/model'
import type { DaemonInfo, QueryContext } from '../context.ts'
import { query } from '../query.ts'

interface KindStatus {
  kind: LedgerKind
  segments: number
  /** Those of them that are sealed. */
  sealed: number
  bytes: number
  /** On the disk, of which sealed segments take less. */
  storedBytes: number
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
  storedBytes: number
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
      const last = await lastWrittenMs(context, segments)
      for (const segment of segments) {
        const writer = kind === 'events' ? undefined : writerOfSegment(segment.name)
        if (writer !== undefined) writers.add(writer)
        const warning = await look(context, segment)
        if (warning !== undefined) warnings.push(warning)
      }
      const sealed = segments.filter((segment) => segment.sealed).length
      const bytes = sum(segments, (segment) => segment.bytes)
      const storedBytes = sum(segments, (segment) => segment.storedBytes)
      const lastWrittenAt = last === undefined ? null : new Date(last).toISOString()
      kinds.push({ kind, segments: segments.length, sealed, bytes, storedBytes, lastWrittenAt })
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
      bytes: sum(kinds, (kind) => kind.bytes),
      storedBytes: sum(kinds, (kind) => kind.storedBytes),
      warnings: left > 0 ? [...warnings.slice(0, WARNINGS_MAX), `${left} more: spanledger verify`] : warnings,
    }
  },
})

/** Of a kind: of its plain segments by their files, of the newest sealed one by its manifest, as its file tells when it was sealed. */
async function lastWrittenMs(
  context: QueryContext,
  segments: readonly Segment[],
): Promise<number | undefined> {
  const times = segments.filter(({ sealed }) => !sealed).map(({ modifiedMs }) => modifiedMs)
  const newest = segments.findLast(({ sealed }) => sealed)
  if (newest !== undefined)
    times.push((await sealedWrittenMs(context.platform, context.home, newest)) ?? newest.modifiedMs)
  return times.length === 0 ? undefined : Math.max(...times)
}

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

async function look(context: QueryContext, segment: Segment): Promise<string | undefined> {
  if (segment.sealed)
    return segment.bytes > 0 ? undefined : `${segment.path} cannot be read: spanledger verify tells more`
  if (segment.bytes === 0) return `${segment.path} is empty: spanledger verify tells more`
  const last = await lastByte(context, segment)
  if (typeof last === 'string') return `${segment.path} cannot be read: ${last}`
  if (last === LINE_FEED || context.platform.clock.nowMs() - segment.modifiedMs < TORN_AFTER_MS)
    return undefined
  return `${segment.path} ends in a torn line: the next spanledger up cuts it off`
}

function sum<T>(items: readonly T[], bytesOf: (item: T) => number): number {
  return items.reduce((total, item) => total + bytesOf(item), 0)
}

/** Or the code of why it cannot be read: one file of somebody else's must not keep the rest from being told. */
async function lastByte({ platform }: QueryContext, segment: Segment): Promise<number | string> {
  try {
    return (await readSegmentRange(platform, segment, segment.bytes - 1, segment.bytes))[0] ?? LINE_FEED
  } catch (error) {
    const code = systemCode(error)
    if (code === undefined) throw error
    return code
  }
}
