import type { Git } from './git.ts'

/** A commit as git has it. */
export interface GitCommit {
  commit: string
  parents: string[]
  /** ISO 8601 in UTC. A rebase changes the second, never the first. */
  authoredAt: string
  committedAt: string
  author: string
  subject: string
  /** Values of `Co-authored-by`. */
  coAuthors: string[]
  /** The ref it was reached from first, without `refs/heads/`. */
  branch: string | null
}

/** A pull request as a repository knows it without asking anybody: `refs/pull/12/head`, or the commit that merged it. */
export interface GitPullRequest {
  number: number
  branch: string | null
  /** What it brought, newest first. */
  commits: string[]
}

const FIELDS = [
  '%H',
  '%P',
  '%aI',
  '%cI',
  '%an',
  '%S',
  '%(trailers:key=Co-authored-by,valueonly,separator=%x1f)',
  '%s',
]
const FIELD_END = '\u0001'
const RECORD_END = '\u0002'

/** Of all branches, newest first. None where nothing was committed. Errors  GitFailedError */
export async function readCommits(
  git: Git,
  folder: string,
  { sinceMs, max }: { sinceMs?: number | undefined; max: number },
): Promise<GitCommit[]> {
  const since = sinceMs === undefined ? [] : [`--since=${new Date(sinceMs).toISOString()}`]
  const format = `--format=${FIELDS.join('%x01')}%x02`
  const { out } = await git(folder, [
    'log',
    '--all',
    '--source',
    `--max-count=${max}`,
    ...since,
    format,
    '--',
  ])
  return out.split(RECORD_END).flatMap((record) => {
    const [
      commit = '',
      parents = '',
      authored = '',
      committed = '',
      author = '',
      source = '',
      co = '',
      subject = '',
    ] = record.replace(/^\n/, '').split(FIELD_END)
    if (commit === '') return []
    return [
      {
        commit,
        parents: parents.split(' ').filter(Boolean),
        authoredAt: new Date(authored).toISOString(),
        committedAt: new Date(committed).toISOString(),
        author,
        subject,
        coAuthors: co.split('\u001f').filter(Boolean),
        branch: /^(refs\/(heads|remotes\/[^/]+)\/)?(?<name>.+)$/.exec(source)?.groups?.['name'] ?? null,
      },
    ]
  })
}

const MERGED = /^Merge pull request #(?<number>\d+) from [^/\s]+\/(?<branch>\S+)/
const SQUASHED = /\(#(?<number>\d+)\)$/

/** Told by the commits that merged them and by the refs that some hosts' clones have. Errors  GitFailedError */
export async function readPullRequests(
  git: Git,
  folder: string,
  commits: readonly GitCommit[],
  max: number,
): Promise<GitPullRequest[]> {
  const found: GitPullRequest[] = []
  for (const { commit, parents, subject } of commits) {
    const merged = MERGED.exec(subject)?.groups
    const number = merged?.['number'] ?? SQUASHED.exec(subject)?.groups?.['number']
    if (number === undefined) continue
    const brought = parents.length > 1 ? await between(git, folder, parents[0]!, parents[1]!, max) : [commit]
    found.push({ number: Number(number), branch: merged?.['branch'] ?? null, commits: brought })
  }
  const { out } = await git(folder, [
    'for-each-ref',
    '--format=%(refname) %(objectname)',
    'refs/pull',
    'refs/remotes/*/pr',
  ])
  for (const line of out.split('\n')) {
    const [, number, commit] = /(?:pull|pr)\/(\d+)(?:\/head)? ([0-9a-f]+)$/.exec(line) ?? []
    if (number !== undefined && commit !== undefined)
      found.push({
        number: Number(number),
        branch: null,
        commits: await between(git, folder, 'HEAD', commit, max),
      })
  }
  return found
}

async function between(git: Git, folder: string, base: string, tip: string, max: number): Promise<string[]> {
  const { out } = await git(folder, ['rev-list', `--max-count=${max}`, tip, `^${base}`])
  return out.split('\n').filter(Boolean)
}
