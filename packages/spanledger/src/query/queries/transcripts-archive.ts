import * as v from 'valibot'
import { archiveTranscript, type Archived, readArchive } from '../../transcripts/index.ts'
import type { QueryContext } from '../context.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { type Chosen, chosenTranscripts, problemOf, which } from '../transcripts/choose.ts'

/** One transcript of which there was something to archive; one that cannot be says why. */
export type ArchiveStep = (Archived | { agent: string; path: string; problem: string }) & { ok: boolean }

/** Comes last. */
export interface ArchiveSummary {
  transcripts: number
  /** All of these was in the archive. */
  unchanged: number
  bytes: number
  storedBytes: number
  redacted: number
  seconds: number
}

export const transcriptsArchive = query({
  summary:
    'Copies transcripts into the archive before agents delete them: without a name those of agents which sent something here',
  params: v.strictObject(which),
  effect: 'writes',
  streams: true,
  async run(context, given): Promise<AsyncIterable<ArchiveStep | { archived: ArchiveSummary }> | Refusal> {
    if (context.home.readOnly)
      return refusal('HOME_READ_ONLY', `${context.home.dir} cannot be written to`, 'archive where it can be')
    // A rule that drops or hashes some class of content: a transcript is content.
    if ((await context.redactor()).readsBodies)
      return refusal(
        'CONTENT_NOT_KEPT',
        'redaction.content drops or hashes content, and a transcript is content: it is not archived',
        'set redaction.content to keep in config.yaml, or only import: spanledger transcripts import',
      )
    const found = await chosenTranscripts(context, given)
    return isRefusal(found) ? found : steps(context, found)
  },
})

async function* steps(
  context: QueryContext,
  { there }: Chosen,
): AsyncGenerator<ArchiveStep | { archived: ArchiveSummary }> {
  const { platform, home, stopped } = context
  const started = platform.clock.monotonicMs()
  const summary: ArchiveSummary = {
    transcripts: 0,
    unchanged: 0,
    bytes: 0,
    storedBytes: 0,
    redacted: 0,
    seconds: 0,
  }
  const redactor = await context.redactor()
  const latest = new Map((await readArchive(platform, home)).map((entry) => [entry.source, entry]))
  for (const transcript of there) {
    if (stopped.aborted) break
    const { path, format } = transcript
    try {
      const known = latest.get(path)
      const archived = await archiveTranscript(transcript, { platform, home, redactor, known })
      summary.transcripts++
      for (const part of ['bytes', 'storedBytes', 'redacted'] as const) summary[part] += archived[part]
      if (archived.lines === 0) summary.unchanged++
      else yield { ...archived, ok: true }
    } catch (error) {
      const problem = problemOf(error)
      if (problem === undefined) throw error
      yield { agent: format.agent, path, problem, ok: false }
    }
  }
  summary.seconds = Math.round(platform.clock.monotonicMs() - started) / 1000
  yield { archived: summary }
}
