import * as v from 'valibot'
import {
  archivedLines,
  archivePath,
  importArchived,
  importTranscript,
  type Imported,
  readKept,
  writeKept,
} from '../../transcripts/index.ts'
import type { QueryContext } from '../context.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { type Chosen, chosenTranscripts, problemOf, which } from '../transcripts/choose.ts'

/** One transcript that was dealt with; one that cannot be read says why. */
export type TranscriptStep = (Imported | { agent: string; path: string; problem: string }) & { ok: boolean }

/** Comes last. */
export interface TranscriptSummary {
  transcripts: number
  /** Nothing was read of these: they are as they were. */
  unchanged: number
  bytes: number
  lines: number
  events: number
  added: number
  seconds: number
}

type Step = TranscriptStep | { summary: TranscriptSummary }

/** So often at most what was read is written down, since all of it is written. */
const KEEP_EVERY_MS = 2_000

export const transcriptsImport = query({
  summary:
    'Reads what agents wrote down of their sessions: without a name that of agents which sent something here',
  params: v.strictObject(which),
  effect: 'writes',
  streams: true,
  async run(
    context,
    given,
  ): Promise<AsyncIterable<TranscriptStep | { summary: TranscriptSummary }> | Refusal> {
    if (context.home.readOnly)
      return refusal('HOME_READ_ONLY', `${context.home.dir} cannot be written to`, 'import where it can be')
    const found = await chosenTranscripts(context, given)
    return isRefusal(found) ? found : steps(context, found)
  },
})

async function* steps(context: QueryContext, { there, gone }: Chosen): AsyncGenerator<Step> {
  const { platform, home, stopped } = context
  const started = platform.clock.monotonicMs()
  const summary: TranscriptSummary = {
    transcripts: 0,
    unchanged: 0,
    bytes: 0,
    lines: 0,
    events: 0,
    added: 0,
    seconds: 0,
  }
  const count = (imported: Imported): boolean => {
    summary.transcripts++
    if (imported.from === 'unchanged') {
      summary.unchanged++
      return false
    }
    summary.bytes += imported.bytes
    for (const part of ['lines', 'events', 'added'] as const) summary[part] += imported[part]
    return true
  }
  const [events, redactor] = [await context.events(), await context.redactor()]
  const known = await readKept(platform, home)
  let writtenMs = platform.clock.monotonicMs()
  try {
    for (const transcript of there) {
      if (stopped.aborted) break
      const { path, format } = transcript
      try {
        const imported = await importTranscript(transcript, {
          platform,
          events,
          redactor,
          kept: known.get(path),
          async keep(kept) {
            known.set(path, kept)
            if (platform.clock.monotonicMs() - writtenMs < KEEP_EVERY_MS) return
            await writeKept(platform, home, known)
            writtenMs = platform.clock.monotonicMs()
          },
        })
        if (count(imported)) yield { ...imported, ok: imported.badLines === 0 }
      } catch (error) {
        const problem = problemOf(error)
        if (problem === undefined) throw error
        yield { agent: format.agent, path, problem, ok: false }
      }
    }
    for (const entry of gone) {
      if (stopped.aborted) break
      const path = archivePath(home, entry)
      const stored = entry.members.reduce((sum, bytes) => sum + bytes, 0)
      // What was read before it went, or out of the archive.
      if (
        (known.get(entry.source)?.modifiedMs ?? 0) >= entry.modifiedMs ||
        known.get(path)?.fileBytes === stored
      ) {
        summary.transcripts++
        summary.unchanged++
        continue
      }
      try {
        const imported = await importArchived(entry, archivedLines(platform, home, entry), {
          events,
          redactor,
        })
        known.set(path, {
          ...entry.taken,
          fileBytes: stored,
          modifiedMs: entry.modifiedMs,
          lines: entry.lines,
          reading: {},
        })
        if (count(imported)) yield { ...imported, ok: imported.badLines === 0 }
      } catch (error) {
        yield { agent: entry.agent, path, problem: `cannot be read: ${(error as Error).message}`, ok: false }
      }
    }
  } finally {
    await writeKept(platform, home, known)
  }
  summary.seconds = Math.round(platform.clock.monotonicMs() - started) / 1000
  yield { summary }
}
