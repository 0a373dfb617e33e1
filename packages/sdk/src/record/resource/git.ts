import { readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import type { Attributes } from '../attributes.ts'

/** Folders looked at upwards for a `.git`. */
const PARENTS_MAX = 64
/** A larger packed-refs or config is not read: it would take longer than the answer is worth. */
const FILE_BYTES_MAX = 4 * 1024 * 1024

/**
 * Repository, branch, commit and worktree of a folder, from git's files: git itself would take milliseconds to start.
 * Empty outside of a repository. Never throws.
 *
 * Source  gitrepository-layout(5), git-worktree(1); names of semantic conventions, `vcs.*`.
 */
export function gitAttributes(folder: string): Attributes {
  try {
    const found = findGit(folder)
    return found === undefined ? {} : describe(found)
  } catch {
    return {}
  }
}

interface Found {
  /** Where the files of the work are. */
  worktree: string
  /** HEAD of this worktree. */
  gitDir: string
  /** Refs and configuration of all worktrees. */
  commonDir: string
  isLinked: boolean
}

function findGit(folder: string): Found | undefined {
  let at = resolve(folder)
  for (let i = 0; i < PARENTS_MAX; i++) {
    const path = join(at, '.git')
    const stat = statSync(path, { throwIfNoEntry: false })
    if (stat?.isDirectory()) return { worktree: at, gitDir: path, commonDir: path, isLinked: false }
    if (stat?.isFile()) return linked(at, path)
    const parent = dirname(at)
    if (parent === at) return undefined
    at = parent
  }
  return undefined
}

/** A worktree or submodule: its `.git` is a file that says where the rest is. */
function linked(worktree: string, path: string): Found | undefined {
  const gitDir = /^gitdir: (.+)$/m.exec(text(path) ?? '')?.[1]
  if (gitDir === undefined) return undefined
  const full = resolve(worktree, gitDir.trim())
  const common = text(join(full, 'commondir'))?.trim()
  return {
    worktree,
    gitDir: full,
    commonDir: common === undefined ? full : resolve(full, common),
    isLinked: common !== undefined,
  }
}

function describe({ worktree, gitDir, commonDir, isLinked }: Found): Attributes {
  const head = text(join(gitDir, 'HEAD'))?.trim() ?? ''
  const ref = /^ref: (.+)$/.exec(head)?.[1]
  const revision = ref === undefined ? head : (commitOf(ref, gitDir, commonDir) ?? '')
  const url = withoutSecrets(
    /\[remote "origin"\][^[]*?\n\s*url\s*=\s*(.+)/.exec(text(join(commonDir, 'config')) ?? '')?.[1],
  )
  const branch = ref?.replace(/^refs\/heads\//, '')
  return {
    'vcs.repository.name': basename(url ?? (isLinked ? dirname(commonDir) : worktree)).replace(/\.git$/, ''),
    'vcs.repository.url.full': url,
    'vcs.ref.head.name': branch,
    'vcs.ref.head.type': branch === undefined ? undefined : 'branch',
    'vcs.ref.head.revision': /^[0-9a-f]{40,64}$/.test(revision) ? revision : undefined,
    'spanledger.vcs.worktree': isLinked ? worktree : undefined,
  }
}

function commitOf(ref: string, gitDir: string, commonDir: string): string | undefined {
  const loose = text(join(gitDir, ref)) ?? text(join(commonDir, ref))
  if (loose !== undefined) return loose.trim()
  for (const line of (text(join(commonDir, 'packed-refs')) ?? '').split('\n'))
    if (line.endsWith(` ${ref}`)) return line.slice(0, line.indexOf(' '))
  return undefined
}

/** A token in the address of a remote is a secret. */
function withoutSecrets(url: string | undefined): string | undefined {
  return url?.trim().replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1')
}

function text(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat?.isFile() && stat.size <= FILE_BYTES_MAX ? readFileSync(path, 'utf8') : undefined
}
