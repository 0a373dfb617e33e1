import { resolve } from 'node:path'
import * as v from 'valibot'
import {
  findTranscripts,
  importTranscript,
  type Imported,
  readKept,
  type Transcript,
  TRANSCRIPT_AGENTS,
  transcriptsAt,
  writeKept,
} from '../../transcripts/index.ts'
import type { QueryContext } from '../context.ts'
import { flag, limit, texts } from '../params.ts'
import { cutAt, type Cut, query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'

export interface TranscriptRow {
  agent: string
  path: string
  bytes: number
  modifiedAt: string
  /** new: never imported; grown: there is more by now; imported: all of it was. */
  state: 'new' | 'grown' | 'imported'
}

export interface TranscriptsAnswer extends Cut {
  /** Latest change first. */
  rows: TranscriptRow[]
  total: number
}

export const transcripts = query({
  summary: 'Transcripts that agents left on this machine, latest first, and whether they were imported',
  params: v.strictObject({ limit: limit(20, 'transcripts') }),
  async run(context, given): Promise<TranscriptsAnswer> {
    const found = await findTranscripts(context.platform, context.user)
    const kept = await readKept(context.platform, context.home)
    const rows = found.toReversed().map(({ format, path, bytes, modifiedMs }): TranscriptRow => {
      const known = kept.get(path)
      const isKnown = known !== undefined && known.fileBytes === bytes && known.modifiedMs >= modifiedMs
      return {
        agent: format.agent,
        path,
        bytes,
        modifiedAt: new Date(modifiedMs).toISOString(),
        state: isKnown ? 'imported' : known === undefined ? 'new' : 'grown',
      }
    })
    return { ...cutAt(rows, given.limit), total: rows.length }
  },
})

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
  params: v.strictObject({
    what: v.optional(texts(`${TRANSCRIPT_AGENTS.join(', ')}, a file or a folder`, 'AGENT|PATH', 1)),
    all: flag('of every agent that left some on this machine'),
  }),
  effect: 'writes',
  streams: true,
  async run(
    context,
    given,
  ): Promise<AsyncIterable<TranscriptStep | { summary: TranscriptSummary }> | Refusal> {
    if (context.home.readOnly)
      return refusal('HOME_READ_ONLY', `${context.home.dir} cannot be written to`, 'import where it can be')
    const found = await chosen(context, given.what ?? [], given.all === true)
    return isRefusal(found) ? found : steps(context, found)
  },
})

/** Of agents, files and folders; without any of those the ledger knows. */
async function chosen(
  context: QueryContext,
  what: readonly string[],
  all: boolean,
): Promise<Transcript[] | Refusal> {
  const { platform, user } = context
  if (all) return findTranscripts(platform, user)
  const agents = new Set(what.filter((one) => TRANSCRIPT_AGENTS.includes(one)))
  if (what.length === 0) {
    const model = await context.sessions()
    await model.refresh()
    for (const { agent } of model.agents()) agents.add(agent)
    if (!TRANSCRIPT_AGENTS.some((agent) => agents.has(agent)))
      return refusal(
        'NOTHING_CONNECTED',
        'no agent whose transcripts can be read has sent anything here yet',
        `name one (${TRANSCRIPT_AGENTS.join(', ')}), a file or a folder, or take --all`,
      )
  }
  const found = agents.size === 0 ? [] : await findTranscripts(platform, user, agents)
  for (const path of what.filter((one) => !TRANSCRIPT_AGENTS.includes(one)).map((one) => resolve(one))) {
    const there = await transcriptsAt(platform, path, user)
    if (there === undefined)
      return refusal(
        'UNREADABLE_FILE',
        `nothing is at ${path}`,
        `give a path, or one of ${TRANSCRIPT_AGENTS.join(', ')}`,
      )
    if (there.length === 0)
      return refusal(
        'UNKNOWN_TRANSCRIPT',
        `no transcript of ${TRANSCRIPT_AGENTS.join(', ')} is at ${path}`,
        'see which there are: spanledger transcripts list; for OTLP: spanledger import',
      )
    found.push(...there)
  }
  return found
}

async function* steps(context: QueryContext, found: readonly Transcript[]): AsyncGenerator<Step> {
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
  const [events, redactor] = [await context.events(), await context.redactor()]
  const known = await readKept(platform, home)
  let writtenMs = platform.clock.monotonicMs()
  try {
    for (const transcript of found) {
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
        summary.transcripts++
        if (imported.from === 'unchanged') summary.unchanged++
        else {
          summary.bytes += imported.bytes
          for (const part of ['lines', 'events', 'added'] as const) summary[part] += imported[part]
          yield { ...imported, ok: imported.badLines === 0 }
        }
      } catch (error) {
        const problem = problemOf(error)
        if (problem === undefined) throw error
        yield { agent: format.agent, path, problem, ok: false }
      }
    }
  } finally {
    await writeKept(platform, home, known)
  }
  summary.seconds = Math.round(platform.clock.monotonicMs() - started) / 1000
  yield { summary }
}

/** Undefined for what is no fault of the transcript alone. */
function problemOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: string }
  return typeof code === 'string' && OF_ITS_OWN.has(code) ? `${code}: ${message}` : undefined
}

const OF_ITS_OWN = new Set(['SQLITE_UNREADABLE', 'SQLITE_DAMAGED', 'EACCES', 'ENOENT', 'EIO', 'EISDIR'])
