import { dirname, join } from 'node:path'
import { type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'
import { parseTask } from '../document/document.ts'
import { TASK_BYTES_MAX } from './folder.ts'

export interface Template {
  /** The file's name without `.md`. */
  name: string
  path: string
  type: string | undefined
}

/** `.tasks/.templates/*.md`, or `templates/` beside a project's `tasks` folder. */
const foldersOf = (root: string): string[] => [join(root, '.templates'), join(dirname(root), 'templates')]

export async function listTemplates(platform: Platform, root: string): Promise<Template[]> {
  const templates = new Map<string, Template>()
  for (const folder of foldersOf(root)) {
    const entries = await platform.files.list(folder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return []
      throw error
    })
    for (const { name: file, kind } of entries) {
      const name = file.replace(/\.md$/, '')
      if (kind !== 'file' || name === file || templates.has(name)) continue
      const text = await templateText(platform, join(folder, file))
      const type = text === undefined ? undefined : parseTask(text).fields['type']
      templates.set(name, {
        name,
        path: join(folder, file),
        type: typeof type === 'string' ? type : undefined,
      })
    }
  }
  return [...templates.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** Undefined when it is gone, or larger than a task may be. */
export async function templateText(platform: Platform, path: string): Promise<string | undefined> {
  const bytes = await readWhole(platform.files, path)
  if (bytes === undefined || bytes.length > TASK_BYTES_MAX) return undefined
  return new TextDecoder().decode(bytes)
}
