// Looking for collisions of 20 worktrees of a repository of 10,000 files, each with changes of its own, by the command.
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, count, median } from './lib.mjs'

const FILES = 10_000
const FOLDERS = 100
const WORKTREES = 20
/** Of each worktree; one of them is one that another changes too. */
const CHANGED = 20
const ROUNDS = 5

const git = (cwd, ...args) => execFileSync('git', args, { cwd, stdio: 'ignore' })
const nameOf = (n) => `folder-${n % FOLDERS}/file-${n}.txt`

export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-bench-'))
  const repository = join(folder, 'repository')
  for (let n = 0; n < FOLDERS; n++) mkdirSync(join(repository, `folder-${n}`), { recursive: true })
  for (let n = 0; n < FILES; n++) writeFileSync(join(repository, nameOf(n)), `line\n`.repeat(50) + n)
  git(repository, 'init', '-q')
  git(repository, 'add', '-A')
  const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid']
  git(repository, ...who, 'commit', '-qm', 'Begin')
  for (let w = 0; w < WORKTREES; w++) {
    const path = join(folder, `tree-${w}`)
    git(repository, 'worktree', 'add', '-qb', `tree-${w}`, path)
    for (let i = 0; i < CHANGED; i++) writeFileSync(join(path, nameOf(w * CHANGED + i)), `changed by ${w}`)
    writeFileSync(join(path, nameOf((w >> 1) + 5_000)), `changed by ${w}`)
  }
  const taken = []
  let found
  for (let round = 0; round <= ROUNDS; round++) {
    const started = performance.now()
    const args = [cli, 'worktree', 'conflicts', '--json', '--home', join(folder, 'home')]
    // Exit code 1: there are some.
    found = JSON.parse(execText(args, repository))
    taken.push(performance.now() - started)
  }
  rmSync(folder, { recursive: true })
  if (found.collisions.length !== WORKTREES / 2) throw new Error(`${found.collisions.length} collisions`)
  const [first, ...again] = taken
  return [
    {
      what: `\`worktree conflicts\`: ${WORKTREES} worktrees of ${count(FILES)} files, ${CHANGED + 1} changed in each`,
      value: `${count(median(again))} ms (${again.map(count).join(', ')}); the first time ${count(first)} ms`,
      goal: 'below 2,000 ms',
    },
  ]
}

function execText(args, cwd) {
  try {
    return execFileSync(process.execPath, args, { cwd, encoding: 'utf8' })
  } catch (error) {
    if (error.status === 1 && error.stdout !== '') return error.stdout
    throw error
  }
}
