import { join } from 'node:path'
import { createWhole, hexOf, readWhole, systemCode } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { LedgerKind } from '../model/index.ts'
import { HomeDamagedError, HomeMissingError, HomeNewerError, HomeUnwritableError } from './errors.ts'

export const HOME_VERSION = 1
export const LEDGER_KINDS = ['spans', 'logs', 'metrics', 'events'] as const satisfies LedgerKind[]

/** The folder that holds everything of one ledger. Source: docs/reference/ledger-format.md. */
export interface Home {
  readonly dir: string
  readonly readOnly: boolean
  /** Where the segments of a kind are. */
  readonly segments: Readonly<Record<LedgerKind, string>>
  /** Disposable: projections. */
  readonly index: string
  /** What repairs moved out of the ledger's way; there once one did. Not disposable: it is the only copy. */
  readonly quarantine: string
  /** Disposable: the daemon's address, locks, who is at work. */
  readonly run: string
}

/**
 * Opens a home, creating what is missing of it: folders 0700, files 0600.
 *
 * readOnly  Writes nothing at all.
 * Errors    HomeNewerError and HomeDamagedError before anything is touched; HomeUnwritableError; read-only HomeMissingError.
 */
export async function openHome(
  platform: Platform,
  dir: string,
  options: { readOnly?: boolean } = {},
): Promise<Home> {
  const readOnly = options.readOnly ?? false
  const home = layout(dir, readOnly)
  if (readOnly) {
    if (!(await isThere(platform, home))) throw new HomeMissingError(dir)
    return home
  }
  try {
    await isThere(platform, home)
    await create(platform, home)
  } catch (error) {
    if (
      systemCode(error) === undefined ||
      error instanceof HomeNewerError ||
      error instanceof HomeDamagedError
    )
      throw error
    throw new HomeUnwritableError(dir, error)
  }
  return home
}

function layout(dir: string, readOnly: boolean): Home {
  const segments = { spans: '', logs: '', metrics: '', events: '' }
  for (const kind of LEDGER_KINDS) segments[kind] = join(dir, 'ledger', kind)
  const quarantine = join(dir, 'quarantine')
  return { dir, readOnly, segments, index: join(dir, 'index'), quarantine, run: join(dir, 'run') }
}

async function isThere(platform: Platform, home: Home): Promise<boolean> {
  const path = join(home.dir, 'home.json')
  const bytes = await readWhole(platform.files, path)
  if (bytes === undefined) return false
  const found = versionIn(new TextDecoder().decode(bytes))
  if (found === undefined) throw new HomeDamagedError(path)
  if (found > HOME_VERSION) throw new HomeNewerError(home.dir, found, HOME_VERSION)
  return true
}

function versionIn(text: string): number | undefined {
  try {
    const { spanledger } = JSON.parse(text) as { spanledger?: unknown }
    return typeof spanledger === 'number' && spanledger >= 1 ? spanledger : undefined
  } catch {
    return undefined
  }
}

/** home.json comes last: where it is, the folders are. Several processes may do this at once. */
async function create(platform: Platform, home: Home): Promise<void> {
  const { files } = platform
  for (const folder of [...Object.values(home.segments), home.index, home.run])
    await files.mkdir(folder, 0o700)
  const temporary = join(home.run, `home-${hexOf(platform.random(6))}`)
  if ((await files.stat(join(home.dir, 'home.json'))) !== undefined) {
    // As every opening writer does: shows now, not at the first append, that the home cannot be written.
    await (await files.open(temporary, 'create', 0o600)).close()
    await files.unlink(temporary)
    return
  }
  try {
    await createWhole(files, join(home.dir, 'home.json'), temporary, `{"spanledger":${HOME_VERSION}}\n`)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
  }
  await files.syncDirectory(join(home.dir, 'ledger'))
  await files.syncDirectory(home.dir)
}
