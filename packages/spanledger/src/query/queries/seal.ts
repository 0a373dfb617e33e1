import * as v from 'valibot'
import { type Sealed, sealLedger, type Segment } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import { type ColumnsMade, createColumnKeeper } from '../columns/keep.ts'
import { ReadAlong } from '../columns/segment-read.ts'
import type { QueryContext } from '../context.ts'
import { query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'

/** One segment that was dealt with. */
export interface SealStep {
  kind: LedgerKind
  segment: string
  sealed: boolean
  /** Why it was left as it is. */
  reason?: Extract<Sealed, { sealed: false }>['reason']
  bytes: number
  storedBytes: number
}

/** Columns of a sealed segment, made or not. */
export interface ColumnsStep {
  kind: LedgerKind
  segment: string
  columns: boolean
  problem?: string
}

/** Comes last. */
export interface SealSummary {
  segments: number
  left: number
  /** Segments that columns were made of. */
  columns: number
  bytes: number
  storedBytes: number
  seconds: number
}

type Step = SealStep | ColumnsStep | { summary: SealSummary }

export const seal = query({
  summary: 'Packs the segments that nobody writes to any more, as the daemon does by itself',
  params: v.strictObject({}),
  streams: true,
  async run(context): Promise<AsyncIterable<SealStep | ColumnsStep | { summary: SealSummary }> | Refusal> {
    const { home } = context
    if (home.readOnly)
      return refusal('HOME_READ_ONLY', `${home.dir} cannot be written to`, 'seal it where it can be')
    return steps(context)
  },
})

/**
 * Columns are made of what is sealed and durable, while the next segment is packed: two cores then keep up with twice as much. What they need
 * of the text is learned while it is packed.
 */
async function* steps({ platform, home, indexes, stopped }: QueryContext): AsyncGenerator<Step> {
  const started = platform.clock.monotonicMs()
  const summary: SealSummary = { segments: 0, left: 0, columns: 0, bytes: 0, storedBytes: 0, seconds: 0 }
  const keeper = createColumnKeeper(platform, home, indexes)
  let along: ReadAlong | undefined
  const witness = (segment: Segment): ReadAlong => (along = new ReadAlong(platform, home, segment))
  let making: Promise<ColumnsMade | undefined> = Promise.resolve(undefined)
  const told = function* (made: ColumnsMade | undefined): Generator<ColumnsStep> {
    if (made === undefined) return
    const { problem, segment } = made
    const step = { kind: segment.kind, segment: segment.name }
    if (problem === undefined) summary.columns++
    yield problem === undefined ? { ...step, columns: true } : { ...step, columns: false, problem }
  }
  try {
    for await (const one of sealLedger(platform, home, { signal: stopped, witness })) {
      const read = along
      along = undefined
      const { kind, name, bytes, storedBytes } = one.segment
      if (one.sealed) {
        summary.segments++
        summary.bytes += one.bytes
        summary.storedBytes += one.storedBytes
        yield { kind, segment: name, sealed: true, bytes: one.bytes, storedBytes: one.storedBytes }
        yield* told(await making)
        making = kind === 'events' ? Promise.resolve(undefined) : keeper.makeOf(kind, name, read)
      } else {
        await read?.release()
        summary.left++
        yield { kind, segment: name, sealed: false, reason: one.reason, bytes, storedBytes }
      }
    }
    yield* told(await making)
    for await (const made of keeper.makeMissing(stopped)) yield* told(made)
  } finally {
    await making
    await along?.release()
    await keeper.close()
  }
  summary.seconds = Math.round(platform.clock.monotonicMs() - started) / 1000
  yield { summary }
}
