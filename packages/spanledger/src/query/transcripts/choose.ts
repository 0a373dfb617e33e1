import { resolve } from 'node:path'
import {
  type ArchiveEntry,
  findTranscripts,
  readArchive,
  type Transcript,
  TRANSCRIPT_AGENTS,
  transcriptsAt,
} from '../../transcripts/index.ts'
import type { QueryContext } from '../context.ts'
import { flag, texts } from '../params.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import * as v from 'valibot'

/** What transcripts are asked for. */
export const which = {
  what: v.optional(texts(`${TRANSCRIPT_AGENTS.join(', ')}, a file or a folder`, 'AGENT|PATH', 1)),
  all: flag('of every agent that left some on this machine'),
}

export interface Chosen {
  there: Transcript[]
  /** In the archive alone. */
  gone: ArchiveEntry[]
}

/** Of agents, files and folders; without any, of the agents that the ledger knows. */
export async function chosenTranscripts(
  context: QueryContext,
  { what = [], all = false }: { what?: readonly string[] | undefined; all?: boolean | undefined },
): Promise<Chosen | Refusal> {
  const { platform, user } = context
  const agents = all
    ? new Set(TRANSCRIPT_AGENTS)
    : new Set(what.filter((one) => TRANSCRIPT_AGENTS.includes(one)))
  if (what.length === 0 && !all) {
    const model = await context.sessions()
    await model.refresh()
    for (const { agent } of model.agents()) if (TRANSCRIPT_AGENTS.includes(agent)) agents.add(agent)
    if (agents.size === 0)
      return refusal(
        'NOTHING_CONNECTED',
        'no agent whose transcripts can be read has sent anything here yet',
        `name one (${TRANSCRIPT_AGENTS.join(', ')}), a file or a folder, or take --all`,
      )
  }
  const there = agents.size === 0 ? [] : await findTranscripts(platform, user, agents)
  const gone: ArchiveEntry[] = []
  for (const entry of agents.size === 0 ? [] : await readArchive(platform, context.home))
    if (agents.has(entry.agent) && !(await platform.files.stat(entry.source))) gone.push(entry)
  for (const path of what.filter((one) => !TRANSCRIPT_AGENTS.includes(one))) {
    const found = await foundAt(context, resolve(path))
    if (isRefusal(found)) return found
    there.push(...found)
  }
  return { there, gone }
}

async function foundAt({ platform, user }: QueryContext, path: string): Promise<Transcript[] | Refusal> {
  const found = await transcriptsAt(platform, path, user)
  if (found === undefined)
    return refusal(
      'UNREADABLE_FILE',
      `nothing is at ${path}`,
      `give a path, or one of ${TRANSCRIPT_AGENTS.join(', ')}`,
    )
  return found.length > 0
    ? found
    : refusal(
        'UNKNOWN_TRANSCRIPT',
        `no transcript of ${TRANSCRIPT_AGENTS.join(', ')} is at ${path}`,
        'see which there are: spanledger transcripts list; for OTLP: spanledger import',
      )
}

/** Undefined for what is no fault of the transcript alone. */
export function problemOf(error: unknown): string | undefined {
  const { code, message } = error as { code?: unknown; message?: string }
  return typeof code === 'string' && OF_ITS_OWN.has(code) ? `${code}: ${message}` : undefined
}

const OF_ITS_OWN = new Set([
  'SQLITE_UNREADABLE',
  'SQLITE_DAMAGED',
  'EACCES',
  'ENOENT',
  'EIO',
  'EISDIR',
  'ARCHIVE_UNREADABLE',
])
