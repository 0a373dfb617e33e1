import { join } from 'node:path'
import { type Home, LEDGER_KINDS } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import { type Platform, systemCode } from '@spanledger/sdk/platform'

/** Below HOME/index, a folder for each kind, with files named after their segment. */
const PROJECTIONS = ['segments', 'columns']

export interface DerivedFile {
  kind: LedgerKind
  segment: string
  path: string
}

/** Every file that was derived from one segment, whether that is still there or not. */
export async function derivedFiles(platform: Platform, home: Home): Promise<DerivedFile[]> {
  const derived: DerivedFile[] = []
  for (const kind of LEDGER_KINDS)
    for (const projection of PROJECTIONS) {
      const folder = join(home.index, projection, kind)
      for (const entry of await entriesOf(platform, folder))
        derived.push({ kind, segment: entry.split('.', 1)[0]!, path: join(folder, entry) })
    }
  return derived
}

/** What the files take, by `kind/segment`. */
export async function derivedBytes(platform: Platform, home: Home): Promise<Map<string, number>> {
  const bytes = new Map<string, number>()
  for (const { kind, segment, path } of await derivedFiles(platform, home)) {
    const name = `${kind}/${segment}`
    bytes.set(name, (bytes.get(name) ?? 0) + ((await platform.files.stat(path))?.bytes ?? 0))
  }
  return bytes
}

async function entriesOf(platform: Platform, folder: string): Promise<string[]> {
  try {
    return await platform.files.readdir(folder)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
    return []
  }
}
