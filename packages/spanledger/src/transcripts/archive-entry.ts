import { createHash } from 'node:crypto'
import { basename, extname, join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { hexOf, readWhole, systemCode, type Platform } from '@spanledger/sdk/platform'
import { formatOfAgent } from './formats.ts'
import type { Prefix } from './lines.ts'

/** What of a transcript lies in the archive: HOME/archive/<agent>/<name>.jsonl.gz, and this beside it as <name>.json. */
export interface ArchiveEntry {
  agent: string
  /** Where the transcript lies, or lay. */
  source: string
  /** Of the archive's file, without its ending. */
  name: string
  /** So much of the source is in the archive; of a database nothing. */
  taken: Prefix
  /** Of the source when it was archived last. */
  fileBytes: number
  modifiedMs: number
  /** Of a database: when the newest row in the archive was changed. */
  changedMs: number
  /** Length of each gzip member, in order: what stands behind them was broken off. */
  members: number[]
  lines: number
  redacted: number
}

const VERSION = 1
const FOLDER = 'archive'

/** The folder is the agent's; no name from outside becomes a path as it is. */
const folderOf = (home: Home, agent: string): string => join(home.dir, FOLDER, agent)

export const archivePath = (home: Home, { agent, name }: Pick<ArchiveEntry, 'agent' | 'name'>): string =>
  join(folderOf(home, agent), `${name}.jsonl.gz`)

/** generation  from 1: a source that was rewritten begins another, and what was archived stays */
export function nameOf(source: string, generation: number): string {
  const base = basename(source, extname(source))
    .replaceAll(/[^\w.-]/g, '_')
    .slice(0, 80)
  const of = createHash('sha256').update(source).digest('hex').slice(0, 8)
  return `${base}-${of}${generation === 1 ? '' : `.${generation}`}`
}

/** Every entry of the archive, by source the latest generation last. */
export async function readArchive(platform: Pick<Platform, 'files'>, home: Home): Promise<ArchiveEntry[]> {
  const entries: ArchiveEntry[] = []
  const there = async (folder: string): Promise<string[]> =>
    platform.files.readdir(folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return []
      throw error
    })
  for (const agent of await there(join(home.dir, FOLDER))) {
    if (!formatOfAgent(agent)) continue
    const files = (await there(folderOf(home, agent))).filter((name) => name.endsWith('.json'))
    // `.10` comes behind `.9`.
    for (const file of files.toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1))) {
      const bytes = await readWhole(platform.files, join(folderOf(home, agent), file))
      const entry = bytes && entryIn(new TextDecoder().decode(bytes))
      if (entry?.agent === agent && `${entry.name}.json` === file) entries.push(entry)
    }
  }
  return entries
}

function entryIn(text: string): ArchiveEntry | undefined {
  try {
    const { version, ...entry } = JSON.parse(text) as ArchiveEntry & { version: unknown }
    return version === VERSION && Array.isArray(entry.members) ? entry : undefined
  } catch {
    return undefined
  }
}

/** Durable  when it resolves; whole or not at all */
export async function writeEntry(
  platform: Pick<Platform, 'files' | 'random'>,
  home: Home,
  entry: ArchiveEntry,
): Promise<void> {
  const folder = folderOf(home, entry.agent)
  const temporary = join(folder, `.${hexOf(platform.random(6))}`)
  const file = await platform.files.open(temporary, 'create', 0o600)
  try {
    const bytes = new TextEncoder().encode(`${JSON.stringify({ version: VERSION, ...entry })}\n`)
    await writeAll(file, bytes, 0, temporary)
    await file.datasync()
  } finally {
    await file.close()
  }
  await platform.files.rename(temporary, join(folder, `${entry.name}.json`))
  await platform.files.syncDirectory(folder)
}

/** Errors  ENOSPC when not all of it could be written */
export async function writeAll(
  file: { write(buffers: readonly Uint8Array[], position: number): Promise<number> },
  bytes: Uint8Array,
  at: number,
  path: string,
): Promise<void> {
  if ((await file.write([bytes], at)) < bytes.length)
    throw Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' })
}

export const makeFolder = (platform: Pick<Platform, 'files'>, home: Home, agent: string): Promise<void> =>
  platform.files.mkdir(folderOf(home, agent), 0o700)
