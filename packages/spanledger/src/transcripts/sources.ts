import { join, sep } from 'node:path'
import { systemCode, type Platform } from '@spanledger/sdk/platform'
import type { TranscriptFormat, User } from './format.ts'
import { FORMATS } from './formats.ts'
import { object, type Line } from './json.ts'

/** A transcript on the disk. */
export interface Transcript {
  format: TranscriptFormat
  path: string
  bytes: number
  modifiedMs: number
}

/** Folders below one another, as deep as any agent goes: `sessions/2026/11/21`. */
const DEPTH_MAX = 6
const FILES_MAX = 200_000
const FIRST_LINE_BYTES_MAX = 1024 * 1024

/** Every transcript in the places of these agents, oldest first; links are not followed. */
export async function findTranscripts(
  platform: Pick<Platform, 'files'>,
  user: User,
  agents?: ReadonlySet<string>,
): Promise<Transcript[]> {
  const found: Transcript[] = []
  for (const format of FORMATS) {
    if (agents && !agents.has(format.agent)) continue
    for (const place of new Set(format.places(user)))
      await collect(platform, place, DEPTH_MAX, found, (path) =>
        format.isTranscript(path) ? format : undefined,
      )
  }
  return found.toSorted((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1))
}

/** A file, or every transcript below a folder; undefined when nothing is there. */
export async function transcriptsAt(
  platform: Pick<Platform, 'files'>,
  path: string,
  user: User,
): Promise<Transcript[] | undefined> {
  const stat = await platform.files.stat(path)
  if (!stat) return undefined
  const entries = await platform.files.list(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOTDIR') return undefined
    throw error
  })
  const formatOf = (file: string): TranscriptFormat | undefined =>
    FORMATS.find(
      (format) =>
        format.places(user).some((place) => file.startsWith(place + sep)) && format.isTranscript(file),
    )
  if (entries === undefined) {
    const format = formatOf(path) ?? (await byFirstLine(platform, path))
    return format ? [{ format, path, bytes: stat.bytes, modifiedMs: stat.modifiedMs }] : []
  }
  const found: Transcript[] = []
  await collect(
    platform,
    path,
    DEPTH_MAX,
    found,
    async (file) =>
      formatOf(file) ??
      (FORMATS.some((format) => format.isTranscript(file)) ? await byFirstLine(platform, file) : undefined),
  )
  return found.toSorted((a, b) => a.modifiedMs - b.modifiedMs || (a.path < b.path ? -1 : 1))
}

async function collect(
  platform: Pick<Platform, 'files'>,
  folder: string,
  depth: number,
  found: Transcript[],
  formatOf: (path: string) => TranscriptFormat | undefined | Promise<TranscriptFormat | undefined>,
): Promise<void> {
  const entries = await platform.files.list(folder).catch((error: unknown) => {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(systemCode(error) ?? '')) return []
    throw error
  })
  for (const { name, kind } of entries) {
    if (found.length >= FILES_MAX) return
    const path = join(folder, name)
    if (kind === 'folder' && depth > 0) await collect(platform, path, depth - 1, found, formatOf)
    if (kind !== 'file') continue
    const format = await formatOf(path)
    const stat = format && (await platform.files.stat(path))
    if (format && stat) found.push({ format, path, bytes: stat.bytes, modifiedMs: stat.modifiedMs })
  }
}

/** Copies, and what an agent printed, lie anywhere: their first lines say whose they are. */
async function byFirstLine(
  platform: Pick<Platform, 'files'>,
  path: string,
): Promise<TranscriptFormat | undefined> {
  const byName = FORMATS.find((format) => format.linesOf && format.isTranscript(path))
  if (byName) return byName
  const file = await platform.files.open(path, 'read')
  try {
    const chunk = Buffer.allocUnsafe(FIRST_LINE_BYTES_MAX)
    const text = chunk.toString('utf8', 0, await file.read(chunk, 0))
    return formatOfText(text)
  } finally {
    await file.close()
  }
}

/** Garbage may stand before the first line that says it. */
const FIRST_LINES = 20

function formatOfText(text: string): TranscriptFormat | undefined {
  for (const candidate of [...text.split('\n', FIRST_LINES), text]) {
    const line = parsed(candidate)
    const format = line && FORMATS.find((one) => one.knows(line))
    if (format) return format
  }
  return undefined
}

function parsed(text: string): Line | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    return undefined
  }
}
