import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { hexOf, readWhole, type Platform } from '@spanledger/sdk/platform'
import type { Reading } from './format.ts'
import type { Prefix } from './lines.ts'

/** How far a transcript was read. */
export interface Kept extends Prefix {
  /** Of the file when it was read, with the bytes behind its last line end. */
  fileBytes: number
  modifiedMs: number
  lines: number
  reading: Reading
}

/** By path. */
export type KeptTranscripts = Map<string, Kept>

/** Changes whenever more is read out of old transcripts than before: then they are read again. */
const VERSION = 1
const FILE = 'transcripts.json'

/** Disposable: without it all transcripts are read again, and the events' ids see to it that nothing comes twice. */
export async function readKept(platform: Pick<Platform, 'files'>, home: Home): Promise<KeptTranscripts> {
  const bytes = await readWhole(platform.files, join(home.index, FILE))
  if (!bytes) return new Map()
  try {
    const read = JSON.parse(new TextDecoder().decode(bytes)) as {
      version?: unknown
      files: Record<string, Kept>
    }
    return new Map(read.version === VERSION ? Object.entries(read.files) : [])
  } catch {
    return new Map()
  }
}

/** Whole or not at all: written beside and renamed. Not fsynced: an older one only costs reading again. */
export async function writeKept(
  platform: Pick<Platform, 'files' | 'random'>,
  home: Home,
  kept: KeptTranscripts,
): Promise<void> {
  const temporary = join(home.index, `${FILE}.${hexOf(platform.random(6))}`)
  const text = JSON.stringify({ version: VERSION, files: Object.fromEntries(kept) })
  const file = await platform.files.open(temporary, 'create', 0o600)
  try {
    await file.write([new TextEncoder().encode(`${text}\n`)], 0)
  } finally {
    await file.close()
  }
  await platform.files.rename(temporary, join(home.index, FILE))
}
