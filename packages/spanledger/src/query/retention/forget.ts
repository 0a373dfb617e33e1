import { type Home, LEDGER_KINDS, listSegmentNames } from '@spanledger/sdk/ledger'
import { type Platform, systemCode } from '@spanledger/sdk/platform'
import { derivedFiles } from './derived.ts'

/**
 * Removes what was derived from segments that are not there any more. Disposable, so a failure is only told to nobody: the next
 * retention comes by it again.
 */
export async function forgetRemoved(platform: Platform, home: Home): Promise<void> {
  const derived = await derivedFiles(platform, home)
  const present = new Set<string>()
  for (const kind of LEDGER_KINDS)
    for (const name of await listSegmentNames(platform, home, kind)) present.add(`${kind}/${name}`)
  for (const { kind, segment, path } of derived)
    if (!present.has(`${kind}/${segment}`)) await platform.files.unlink(path).catch(ignoreSystem)
}

function ignoreSystem(error: unknown): void {
  if (systemCode(error) === undefined) throw error
}
