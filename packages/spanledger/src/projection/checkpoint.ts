import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import type { OriginLine } from '@spanledger/sdk/model'
import { hexOf, readWhole, type Platform } from '@spanledger/sdk/platform'
import { checkedText, linesIn } from './checked-text.ts'

/**
 * How far agents' records were turned into events: everything before `offsets[segment]` was. Disposable: without it all is
 * read again, and the events' ids see to it that nothing comes twice.
 */
export interface Checkpoint {
  offsets: Record<string, number>
  /** Agents' origins, which stand before the offsets. */
  origins: OriginLine[]
}

/** Changes whenever adapters may read more out of old records than before: then everything is read again. */
const VERSION = 2
const FILE = 'agents.json'

export async function readCheckpoint(platform: Platform, home: Home): Promise<Checkpoint> {
  const empty: Checkpoint = { offsets: {}, origins: [] }
  const bytes = await readWhole(platform.files, join(home.index, FILE))
  if (!bytes) return empty
  try {
    const read = JSON.parse(linesIn(new TextDecoder().decode(bytes)) ?? '') as {
      version?: unknown
    } & Checkpoint
    return read.version === VERSION && typeof read.offsets === 'object' && Array.isArray(read.origins)
      ? { offsets: read.offsets, origins: read.origins }
      : empty
  } catch {
    return empty
  }
}

/** Whole or not at all: written beside and renamed. Not fsynced; an older checkpoint only costs reading again. */
export async function writeCheckpoint(platform: Platform, home: Home, checkpoint: Checkpoint): Promise<void> {
  const temporary = join(home.index, `${FILE}.${hexOf(platform.random(6))}`)
  const bytes = new TextEncoder().encode(
    checkedText(`${JSON.stringify({ version: VERSION, ...checkpoint })}\n`),
  )
  try {
    const file = await platform.files.open(temporary, 'create', 0o600)
    try {
      await file.write([bytes], 0)
    } finally {
      await file.close()
    }
    await platform.files.rename(temporary, join(home.index, FILE))
  } catch (error) {
    await platform.files.unlink(temporary).catch(() => {})
    throw error
  }
}
