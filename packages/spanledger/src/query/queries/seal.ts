import * as v from 'valibot'
import { type Sealed, sealLedger } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
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

/** Comes last. */
export interface SealSummary {
  segments: number
  left: number
  bytes: number
  storedBytes: number
  seconds: number
}

export const seal = query({
  summary: 'Packs the segments that nobody writes to any more, as the daemon does by itself',
  params: v.strictObject({}),
  streams: true,
  async run(context): Promise<AsyncIterable<SealStep | { summary: SealSummary }> | Refusal> {
    const { platform, home, stopped } = context
    if (home.readOnly)
      return refusal('HOME_READ_ONLY', `${home.dir} cannot be written to`, 'seal it where it can be')
    return steps()

    async function* steps(): AsyncGenerator<SealStep | { summary: SealSummary }> {
      const started = platform.clock.monotonicMs()
      const summary: SealSummary = { segments: 0, left: 0, bytes: 0, storedBytes: 0, seconds: 0 }
      for await (const one of sealLedger(platform, home, { signal: stopped })) {
        const { kind, name, bytes, storedBytes } = one.segment
        if (one.sealed) {
          summary.segments++
          summary.bytes += one.bytes
          summary.storedBytes += one.storedBytes
          yield { kind, segment: name, sealed: true, bytes: one.bytes, storedBytes: one.storedBytes }
        } else {
          summary.left++
          yield { kind, segment: name, sealed: false, reason: one.reason, bytes, storedBytes }
        }
      }
      summary.seconds = Math.round(platform.clock.monotonicMs() - started) / 1000
      yield { summary }
    }
  },
})
