import { systemCode } from '../platform/index.ts'
import type { OpenFile, Platform } from '../platform/index.ts'
import { openHome } from './home.ts'
import type { Home } from './home.ts'

/** An empty file for a new segment; makes the home anew when somebody deleted it. Errors: the system's, and openHome's. */
export async function createSegmentFile(platform: Platform, home: Home, path: string): Promise<OpenFile> {
  const create = (): Promise<OpenFile> => platform.files.open(path, 'create', 0o600)
  try {
    return await create()
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    await openHome(platform, home.dir)
    return create()
  }
}

/**
 * Whether what was written to an open segment, up to `end`, is what others find under its name. A file that was deleted, or
 * a folder that was replaced, takes writes and fsyncs as if nothing had happened, and nobody ever sees them.
 */
export async function isUnderItsName(platform: Platform, path: string, end: number): Promise<boolean> {
  const stat = await platform.files.stat(path)
  return stat !== undefined && stat.bytes >= end
}
