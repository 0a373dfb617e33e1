import { join } from 'node:path'
import { type Home, LEDGER_KINDS, listSegmentNames } from '@spanledger/sdk/ledger'
import { type Platform, systemCode } from '@spanledger/sdk/platform'

/** Below HOME/index, a folder for each kind, with files named after their segment. */
const PROJECTIONS = ['segments', 'columns']

/**
 * Removes what was derived from segments that are not there any more. Disposable, so a failure is only told to nobody: the next
 * retention comes by it again.
 */
export async function forgetRemoved(platform: Platform, home: Home): Promise<void> {
  for (const kind of LEDGER_KINDS) {
    const present = new Set(await listSegmentNames(platform, home, kind))
    for (const projection of PROJECTIONS) {
      const folder = join(home.index, projection, kind)
      for (const entry of await entriesOf(platform, folder)) {
        const [name] = entry.split('.')
        if (!present.has(name!)) await platform.files.unlink(join(folder, entry)).catch(ignoreSystem)
      }
    }
  }
}

async function entriesOf(platform: Platform, folder: string): Promise<string[]> {
  try {
    return await platform.files.readdir(folder)
  } catch (error) {
    ignoreSystem(error)
    return []
  }
}

function ignoreSystem(error: unknown): void {
  if (systemCode(error) === undefined) throw error
}
