import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

/** A real git repository `shop` with three files in one commit, and a worktree beside it for each name. */
export interface SmallRepository {
  /** Holds `shop` and the worktrees' folders. */
  dir: string
  /** The repository's own worktree, on branch main. */
  shop: string
  run(folder: string, ...args: string[]): string
  write(worktree: string, path: string, content: string | Uint8Array): void
  commit(worktree: string): void
  remove(): void
}

const LINES = Array.from({ length: 30 }, (_, i) => `line ${i + 1}`)

/** The content of each file in the first commit, with other lines at some numbers. */
export const lines = (changed: Record<number, string> = {}): string =>
  `${LINES.map((line, i) => changed[i + 1] ?? line).join('\n')}\n`

/** A name that git quotes where it can. */
export const ODD_NAME = 'with space "quoted" ü.txt'

export function smallRepository(...names: string[]): SmallRepository {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'spanledger-git-')))
  const run = (folder: string, ...args: string[]): string =>
    execFileSync('git', ['-C', join(dir, folder), '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  const write = (worktree: string, path: string, content: string | Uint8Array): void => {
    const file = join(dir, worktree, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, content)
  }
  const commit = (worktree: string): void => {
    run(worktree, 'add', '-A')
    run(worktree, 'commit', '-qm', 'change')
  }
  mkdirSync(join(dir, 'shop'))
  run('shop', 'init', '-q', '-b', 'main')
  for (const path of ['a.txt', 'src/b.txt', ODD_NAME]) write('shop', path, lines())
  commit('shop')
  for (const name of names) run('shop', 'worktree', 'add', '-q', '-b', name, join(dir, name))
  const remove = (): void => rmSync(dir, { recursive: true, force: true })
  return { dir, shop: join(dir, 'shop'), run, write, commit, remove }
}
