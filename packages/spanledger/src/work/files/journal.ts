import { dirname, join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { createWhole, type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'
import { writeFile } from './write.ts'

/** One step on the disk with absolute paths. `before`: what must be there still; null for nothing. */
export type DiskStep =
  | { do: 'write'; path: string; before: string | null; text: string }
  | { do: 'rename'; from: string; to: string }
  | { do: 'remove'; path: string; before: string }

/** What is about to be done to files, once these events are in the ledger. */
export interface Intent {
  stream: string
  /** Of the first event. */
  event: string
  version: number
  steps: DiskStep[]
}

/**
 * Keeps events and files together through a crash: the intent is on the disk before the event is appended, and goes when
 * the files are as it says. What is found of it later is finished when its event is in the ledger, and else forgotten. Only
 * a file that is still as it was is touched: what somebody wrote in between is an edit, and noticed as one.
 */
export class Journal {
  readonly #platform: Platform
  readonly #folder: string

  constructor(platform: Platform, home: Home) {
    this.#platform = platform
    this.#folder = join(home.dir, 'work', 'pending')
  }

  /** Durable  when it resolves */
  async begin(intent: Intent): Promise<void> {
    const { files } = this.#platform
    await files.mkdir(this.#folder, 0o700)
    const path = this.#pathOf(intent.event)
    await createWhole(files, path, `${path}.new`, JSON.stringify(intent))
    await files.syncDirectory(this.#folder)
  }

  async end(event: string): Promise<void> {
    await this.#platform.files.unlink(this.#pathOf(event)).catch(unlessGone)
  }

  /** What a crash, or a disk that refused, left to be finished; oldest first. */
  async left(): Promise<Intent[]> {
    const { files } = this.#platform
    const names = await files.readdir(this.#folder).catch((error: unknown) => {
      unlessGone(error)
      return [] as string[]
    })
    const intents: Intent[] = []
    for (const name of names.toSorted()) {
      const path = join(this.#folder, name)
      // Of an append that never began.
      if (!name.endsWith('.json')) await files.unlink(path).catch(unlessGone)
      else {
        const bytes = await readWhole(files, path)
        const intent = bytes && intentIn(bytes)
        if (intent !== undefined) intents.push(intent)
        else await files.unlink(path).catch(unlessGone)
      }
    }
    return intents.toSorted((a, b) => a.version - b.version)
  }

  #pathOf(event: string): string {
    return join(this.#folder, `${event}.json`)
  }
}

function intentIn(bytes: Uint8Array): Intent | undefined {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as Intent
  } catch {
    // A power failure can leave the name without its bytes; then the append never began either.
    return undefined
  }
}

/** Errors  the system's; doing it again goes on where it stopped */
export async function takeSteps(platform: Platform, steps: readonly DiskStep[]): Promise<void> {
  const { files } = platform
  for (const step of steps) {
    if (step.do === 'rename') {
      if (!(await isThere(platform, step.from))) continue
      const there = await textAt(platform, step.to)
      // A power failure between the two folders can leave a file under both names.
      if (there !== undefined) {
        if (there === '' || there !== (await textAt(platform, step.from))) continue
        await files.unlink(step.from)
      } else {
        await files.mkdir(dirname(step.to), 0o777)
        await files.rename(step.from, step.to)
      }
      await files.syncDirectory(dirname(step.to))
      await files.syncDirectory(dirname(step.from))
    } else {
      const found = (await textAt(platform, step.path)) ?? null
      if (found !== step.before) continue
      if (step.do === 'write') await writeFile(platform, step.path, step.text)
      else {
        await files.unlink(step.path)
        await files.syncDirectory(dirname(step.path))
      }
    }
  }
}

async function isThere({ files }: Platform, path: string): Promise<boolean> {
  if ((await files.stat(path)) !== undefined) return true
  return files.list(path).then(
    () => true,
    () => false,
  )
}

/** Undefined when nothing is there; a folder is something. */
async function textAt(platform: Platform, path: string): Promise<string | undefined> {
  try {
    const bytes = await readWhole(platform.files, path)
    return bytes && Buffer.from(bytes).toString()
  } catch (error) {
    if (systemCode(error) === 'EISDIR') return ''
    if (systemCode(error) === 'ENOTDIR') return undefined
    throw error
  }
}

function unlessGone(error: unknown): void {
  if (systemCode(error) !== 'ENOENT') throw error
}
