import { join } from 'node:path'
import { createWhole, hexOf, readWhole, systemCode } from '../platform/index.ts'
import type { Liveness, Platform, ProcessIdentity } from '../platform/index.ts'
import type { Home } from './home.ts'

/** Who writes: one per open store, so that others can tell whether it is still at work. */
export interface Owner extends ProcessIdentity {
  /** 12 hex digits, never used twice. */
  nonce: string
}

const PREFIX = 'owner-'

/** Makes this process known in HOME/run, until `disown`. */
export async function claimOwner(platform: Platform, home: Pick<Home, 'run'>): Promise<Owner> {
  const owner = { nonce: hexOf(platform.random(6)), ...(await platform.processes.self()) }
  await writeOwner(platform, home, owner)
  return owner
}

export async function disown(platform: Platform, home: Pick<Home, 'run'>, owner: Owner): Promise<void> {
  await platform.files.unlink(ownerPath(home, owner.nonce)).catch(ignoreMissing)
}

/** Also again, when someone emptied HOME/run under way. */
export async function writeOwner(platform: Platform, home: Pick<Home, 'run'>, owner: Owner): Promise<void> {
  const path = ownerPath(home, owner.nonce)
  await platform.files.mkdir(home.run, 0o700)
  await createWhole(platform.files, path, `${path}.new`, JSON.stringify(owner))
}

export function ownerPath(home: Pick<Home, 'run'>, nonce: string): string {
  return join(home.run, `${PREFIX}${nonce}`)
}

/** Undefined when the file is not there. */
export async function readOwner(platform: Platform, path: string): Promise<Owner | 'unreadable' | undefined> {
  const bytes = await readWhole(platform.files, path)
  if (bytes === undefined) return undefined
  try {
    const owner = JSON.parse(new TextDecoder().decode(bytes)) as Owner
    return typeof owner.nonce === 'string' && typeof owner.pid === 'number' ? owner : 'unreadable'
  } catch {
    return 'unreadable'
  }
}

/** Whether a writer is still at work; unknown when it left nothing in HOME/run, which anyone may empty. */
export async function writerLiveness(
  platform: Platform,
  home: Pick<Home, 'run'>,
  nonce: string,
): Promise<Liveness> {
  const state = await writerState(platform, home, nonce)
  return state === 'gone' ? 'unknown' : state
}

/**
 * As `writerLiveness`, told apart: `gone` left nothing in HOME/run, as a writer does that ended properly; of `unknown`
 * there is a file, and its process is beyond our sight.
 */
export async function writerState(
  platform: Platform,
  home: Pick<Home, 'run'>,
  nonce: string,
): Promise<Liveness | 'gone'> {
  const owner = await readOwner(platform, ownerPath(home, nonce))
  if (owner === undefined) return 'gone'
  return typeof owner !== 'object' ? 'unknown' : platform.processes.liveness(owner)
}

/** Removes what dead writers left in HOME/run. */
export async function sweepOwners(platform: Platform, home: Pick<Home, 'run'>): Promise<void> {
  for (const entry of await platform.files.readdir(home.run)) {
    if (!entry.startsWith(PREFIX)) continue
    const owner = await readOwner(platform, join(home.run, entry))
    if (typeof owner !== 'object' || (await platform.processes.liveness(owner)) !== 'dead') continue
    await platform.files.unlink(join(home.run, entry)).catch(ignoreMissing)
  }
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error
}
