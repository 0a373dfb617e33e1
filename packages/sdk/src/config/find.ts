import type { Environment } from './environment.ts'

/** `HOME`, on Windows `USERPROFILE`. */
export const userHomeOf = (env: Environment): string | undefined =>
  env['HOME'] || env['USERPROFILE'] || undefined

/** Where the ledger is: `SPANLEDGER_HOME`, else `.spanledger` in the user's folder. */
export function homeOf(env: Environment, cwd: string, userHome: string | undefined): string | undefined {
  const told = env['SPANLEDGER_HOME']
  if (told)
    return isAbsolute(told)
      ? told.replace(/(?<=.)\/+$/, '')
      : joined(cwd, told.replace(/^(?:\.\/+)+|\/+$/g, ''))
  return userHome === undefined ? undefined : joined(userHome, '.spanledger')
}

/** The places of a project's file, nearest first: the working directory's, then those of the folders above it. */
export function* projectFiles(cwd: string): Generator<string> {
  let folder = cwd
  for (let depth = 0; depth < FOLDERS_MAX; depth++) {
    yield joined(folder, '.spanledger/config.yaml')
    const end = Math.max(folder.lastIndexOf('/'), folder.lastIndexOf('\\'))
    if (end < 0 || folder.length <= 1 || end === folder.length - 1) return
    folder = end === 0 ? '/' : folder.slice(0, end)
  }
}

/** Further up nobody looks. */
const FOLDERS_MAX = 64

const isAbsolute = (path: string): boolean => /^(?:\/|[A-Za-z]:[\\/]|\\\\)/.test(path)

export const joined = (folder: string, name: string): string =>
  name === '' || name === '.' ? folder : `${folder.replace(/\/+$/, '')}/${name}`
