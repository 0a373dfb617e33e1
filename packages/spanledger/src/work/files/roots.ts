import { dirname, join, resolve } from 'node:path'
import { type Platform, readWhole } from '@spanledger/sdk/platform'

/** `/Users/alice/Projects/my_app` is `users-alice-projects-my-app`, as Scopecraft names a project's folder. */
const encodedProject = (project: string): string =>
  project
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')

/**
 * The folder of tasks that a working directory means: `.tasks` there or in the nearest folder above, else
 * `~/.scopecraft/projects/{encoded}/tasks` of one of them; undefined when there is none.
 */
export async function findRoot(
  platform: Pick<Platform, 'files'>,
  workingDirectory: string,
  userHome: string,
): Promise<string | undefined> {
  const folders: string[] = []
  for (let at = resolve(workingDirectory); ; at = dirname(at)) {
    folders.push(at)
    if (at === dirname(at)) break
  }
  const candidates = [
    ...folders.map((folder) => join(folder, '.tasks')),
    ...folders.map((folder) => join(userHome, '.scopecraft/projects', encodedProject(folder), 'tasks')),
  ]
  for (const root of candidates) if (await isFolder(platform, root)) return root
  return undefined
}

export const isFolder = (platform: Pick<Platform, 'files'>, path: string): Promise<boolean> =>
  platform.files.list(path).then(
    () => true,
    () => false,
  )

/**
 * The folder that all worktrees of the git repository around a folder share; undefined where there is none.
 *
 * Read from git's own files: tasks are looked at where there is no git to run.
 */
export async function repositoryOf(
  platform: Pick<Platform, 'files'>,
  folder: string,
): Promise<string | undefined> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const git = join(at, '.git')
    if (await isFolder(platform, git)) return git
    const link = /^gitdir: (.+)$/m.exec(await textAt(platform, git))?.[1]
    if (link !== undefined) {
      const own = resolve(at, link)
      return resolve(own, (await textAt(platform, join(own, 'commondir'))).trim())
    }
    if (at === dirname(at)) return undefined
  }
}

const textAt = async (platform: Pick<Platform, 'files'>, path: string): Promise<string> =>
  new TextDecoder().decode(await readWhole(platform.files, path).catch(() => undefined))
