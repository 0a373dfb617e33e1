import { dirname, join, resolve } from 'node:path'
import type { Environment } from './environment.ts'

/** `HOME`, on Windows `USERPROFILE`. */
export const userHomeOf = (env: Environment): string | undefined =>
  env['HOME'] || env['USERPROFILE'] || undefined

/** Where the ledger is: `SPANLEDGER_HOME`, else `.spanledger` in the user's folder. */
export function homeOf(env: Environment, cwd: string, userHome: string | undefined): string | undefined {
  const told = env['SPANLEDGER_HOME']?.trim()
  if (told) return resolve(cwd, told)
  return userHome === undefined ? undefined : resolve(userHome, '.spanledger')
}

/** The places of a project's file, nearest first: the working directory's, then those of the folders above it. */
export function* projectFiles(cwd: string): Generator<string> {
  let folder = resolve(cwd)
  for (let depth = 0; depth < FOLDERS_MAX; depth++) {
    yield join(folder, '.spanledger', 'config.yaml')
    if (dirname(folder) === folder) return
    folder = dirname(folder)
  }
}

/** Further up nobody looks. */
const FOLDERS_MAX = 64
