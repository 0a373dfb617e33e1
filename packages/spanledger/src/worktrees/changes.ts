import { type Git, parts } from './git.ts'

/** What became of a file since a commit. */
export interface Change {
  /** Of its content now; null when it is gone. With the mode, so that a file made executable differs. */
  content: string | null
}

/** The hash of a tree without files: what everything is new against. */
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904'

/** Path -> change, between two commits or trees. Renames are a file gone and a file new: that is what collides. */
export async function changesSince(
  git: Git,
  folder: string,
  base: string,
  commit: string,
  options: { env: Readonly<Record<string, string>>; paths?: readonly string[] },
): Promise<Map<string, Change>> {
  const { env, paths } = options
  if (base === commit) return new Map()
  const { out } = await git(
    folder,
    ['diff-tree', '-r', '-z', '--raw', '--no-renames', '--no-abbrev', base, commit, ...limitedTo(paths)],
    { env: { ...env, GIT_LITERAL_PATHSPECS: '1' } },
  )
  const changes = new Map<string, Change>()
  const fields = parts(out)
  // ":<mode> <mode> <content> <content> <status>", then the path.
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, mode, , content, status] = fields[i]!.split(' ')
    changes.set(fields[i + 1]!, { content: status === 'D' ? null : `${mode} ${content}` })
  }
  return changes
}

const limitedTo = (paths: readonly string[] | undefined): string[] =>
  paths === undefined ? [] : ['--', ...paths]

/** A run of lines of the file as it was: from 1, `count` 0 for what was put in behind line `from`. */
export interface LineRange {
  from: number
  count: number
}

/** Which lines of the base's files were changed, by path; none for what is not text. */
export async function linesChanged(
  git: Git,
  folder: string,
  base: string,
  commit: string,
  options: { env: Readonly<Record<string, string>>; paths: readonly string[] },
): Promise<Map<string, LineRange[]>> {
  const { env, paths } = options
  const { out } = await git(
    folder,
    // The names come from the raw part, where they are not quoted; patches follow in the same order.
    ['diff-tree', '-r', '-z', '--patch-with-raw', '-U0', ...AS_IT_IS, base, commit, ...limitedTo(paths)],
    { env: { ...env, GIT_LITERAL_PATHSPECS: '1' } },
  )
  const at = out.indexOf(`\0${PATCH}`) + 1
  if (at === 0) return new Map()
  const names = parts(out.slice(0, at)).filter((part) => part !== '' && part[0] !== ':')
  const patches = `\n${out.slice(at)}`.split(`\n${PATCH}`).slice(1)
  return new Map(names.map((name, i) => [name, rangesIn(patches[i] ?? '')]))
}

const AS_IT_IS = ['--no-renames', '--no-ext-diff', '--no-textconv', '--no-color']
/** How the patch of a file begins: no line inside of one does so. */
const PATCH = 'diff --git '

const HUNK = /^@@ -(\d+)(?:,(\d+))? \+/gm

function rangesIn(patch: string): LineRange[] {
  return [...patch.matchAll(HUNK)].map(([, from, count]) => ({
    from: Number(from),
    count: count === undefined ? 1 : Number(count),
  }))
}

/** Where both changed the same lines, or put something in at the same place. */
export function overlaps(ours: readonly LineRange[], theirs: readonly LineRange[]): LineRange[] {
  const found: LineRange[] = []
  for (const a of ours)
    for (const b of theirs) {
      const from = Math.max(a.from, b.from)
      const end = Math.min(endOf(a), endOf(b))
      if (end >= from) found.push({ from, count: a.count === 0 || b.count === 0 ? 0 : end - from + 1 })
    }
  return found
}

/** The last line; what was put in behind a line stands at that line. */
const endOf = ({ from, count }: LineRange): number => from + Math.max(1, count) - 1

/** How much of the files differs between two commits; what is no text counts as a file without lines. */
export async function linesBetween(
  git: Git,
  folder: string,
  from: string,
  to: string,
  env: Readonly<Record<string, string>>,
): Promise<{ files: number; linesAdded: number; linesRemoved: number }> {
  const { out } = await git(folder, ['diff-tree', '-r', '-z', '--numstat', ...AS_IT_IS, from, to], { env })
  const rows = parts(out).map((row) => row.split('\t'))
  const sum = (column: number): number => rows.reduce((all, row) => all + (Number(row[column]) || 0), 0)
  return { files: rows.length, linesAdded: sum(0), linesRemoved: sum(1) }
}
