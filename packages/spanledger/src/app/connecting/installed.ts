import { access, constants, readFile, realpath } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'

export interface Installed {
  path: string
  /** Null where the installation does not say it. */
  version: string | null
}

/** So far up from a program its package may be. */
const LEVELS_MAX = 4

/** A program of the user's PATH; it is not started, since some update themselves then. */
export async function findInstalled(program: string, path: string | undefined): Promise<Installed | null> {
  for (const folder of (path ?? '').split(delimiter).filter((one) => one !== '')) {
    const file = join(folder, program)
    const isThere = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (isThere) return { path: file, version: await versionOf(await realpath(file).catch(() => file)) }
  }
  return null
}

/** Of the package it is in, or of a folder that is named by it: `versions/2.1.3`. */
async function versionOf(file: string): Promise<string | null> {
  let folder = dirname(file)
  for (let level = 0; level < LEVELS_MAX; level++, folder = dirname(folder)) {
    const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => undefined)
    const version = text === undefined ? undefined : versionIn(text)
    if (version !== undefined) return version
  }
  return /(?:^|[/@-])v?(\d+\.\d+\.\d+)(?=[/-]|$)/.exec(file)?.[1] ?? null
}

function versionIn(text: string): string | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown }
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}
