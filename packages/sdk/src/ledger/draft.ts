import { dirname, join } from 'node:path'
import { systemCode } from '../platform/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'

/** Being written; of no meaning once nobody holds the lock. */
const SUFFIX = '.sealing'

/** A file on its way to its name; what a killed process left of an earlier one goes. */
export async function openDraft(platform: Platform, path: string): Promise<OpenFile> {
  await platform.files.unlink(path + SUFFIX).catch(ignoreMissing)
  return platform.files.open(path + SUFFIX, 'create', 0o600)
}

/** Puts a draft in its place, and what was there out of it. Durable when it resolves, if the draft's bytes are. */
export async function publishDraft(platform: Platform, path: string): Promise<void> {
  await platform.files.rename(path + SUFFIX, path)
  await platform.files.syncDirectory(dirname(path))
}

/** Durable when it resolves; whole under its name or not at all. */
export async function replaceWhole(platform: Platform, path: string, bytes: Uint8Array): Promise<void> {
  const draft = await openDraft(platform, path)
  try {
    await writeAll(draft, bytes, 0, path)
    await draft.datasync()
  } finally {
    await draft.close()
  }
  await publishDraft(platform, path)
}

/** What killed processes left half written in a folder. */
export async function sweepDrafts({ files }: Platform, folder: string): Promise<void> {
  for (const entry of await files.readdir(folder)) {
    if (entry.endsWith(SUFFIX)) await files.unlink(join(folder, entry)).catch(ignoreMissing)
  }
}

/** Errors  the system's; ENOSPC when the disk took only a part. */
export async function writeAll(file: OpenFile, bytes: Uint8Array, at: number, path: string): Promise<void> {
  if ((await file.write([bytes], at)) < bytes.length)
    throw Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' })
}

export function ignoreMissing(error: unknown): undefined {
  if (systemCode(error) !== 'ENOENT') throw error
  return undefined
}
