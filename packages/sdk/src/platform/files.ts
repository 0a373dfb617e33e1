/**
 * The disk, as far as the ledger needs it. Paths are absolute.
 *
 * Errors   those of the system, with its literal `code` (`ENOENT`, `ENOSPC`, `EIO` ...): see `systemCode`.
 */
export interface Files {
  /** `create` fails with EEXIST when the path is there. */
  open(path: string, how: OpenMode, mode?: number): Promise<OpenFile>
  /** With its parents; nothing happens when it is there. */
  mkdir(path: string, mode: number): Promise<void>
  /** Names in any order. */
  readdir(path: string): Promise<string[]>
  /** The same with what each name stands for; a symbolic link is told as one, never followed. */
  list(path: string): Promise<FolderEntry[]>
  /** Undefined when nothing is there. */
  stat(path: string): Promise<FileStat | undefined>
  /** A file or a folder. */
  rename(from: string, to: string): Promise<void>
  /** Atomic: one of two callers gets EEXIST. */
  link(existing: string, path: string): Promise<void>
  unlink(path: string): Promise<void>
  /** Makes creations, renames and removals in the folder survive a power failure. */
  syncDirectory(path: string): Promise<void>
  /** Best effort: calls may be missed or repeated, so whoever watches also polls. Returns the way to stop. */
  watch(folder: string, onChange: () => void): () => void
}

export type OpenMode = 'read' | 'update' | 'create'

export interface FolderEntry {
  name: string
  kind: 'file' | 'folder' | 'link' | 'other'
}

export interface FileStat {
  bytes: number
  /** Permission bits. */
  mode: number
  modifiedMs: number
  /** Changes whenever the inode does, its link count included. */
  changedMs: number
}

export interface OpenFile {
  /** Bytes read; fewer than asked only at the end of the file, 0 at it. */
  read(into: Uint8Array, position: number): Promise<number>
  /** Bytes written; fewer than given when the disk filled up on the way. The buffers stay the caller's. */
  write(buffers: readonly Uint8Array[], position: number): Promise<number>
  /** Resolves when the bytes and the size are on the disk. After an error nothing written since the last success is certain. */
  datasync(): Promise<void>
  truncate(bytes: number): Promise<void>
  bytes(): Promise<number>
  close(): Promise<void>
}

/** The system's code of an error, such as `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** As `systemCode`, of the system's own only (`EACCES`, `EIO`): not of node's complaints about how it was called. */
export function errnoOf(error: unknown): string | undefined {
  const code = systemCode(error)
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) ? code : undefined
}

/** The whole file, or undefined when it is not there. For small files. */
export async function readWhole(files: Files, path: string): Promise<Uint8Array | undefined> {
  let file: OpenFile
  try {
    file = await files.open(path, 'read')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const bytes = new Uint8Array(await file.bytes())
    return bytes.subarray(0, await file.read(bytes, 0))
  } finally {
    await file.close()
  }
}

/**
 * Creates a file, mode 0600, that stands complete under its name or not at all.
 *
 * Durable  the bytes are; the name is after `syncDirectory`.
 * Errors   EEXIST when the name is taken; the system's otherwise.
 */
export async function createWhole(
  files: Files,
  path: string,
  temporary: string,
  text: string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text)
  const file = await files.open(temporary, 'create', 0o600)
  try {
    try {
      const written = await file.write([bytes], 0)
      if (written < bytes.length)
        throw Object.assign(new Error(`no space left for ${path}`), { code: 'ENOSPC' })
      await file.datasync()
    } finally {
      await file.close()
    }
    await files.link(temporary, path)
  } finally {
    await files.unlink(temporary)
  }
}
