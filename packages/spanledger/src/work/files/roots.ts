import { dirname, join, resolve } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'

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

const isFolder = (platform: Pick<Platform, 'files'>, path: string): Promise<boolean> =>
  platform.files.list(path).then(
    () => true,
    () => false,
  )
