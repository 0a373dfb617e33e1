import { basename, dirname, join } from 'node:path'
import { readWhole } from '../platform/index.ts'
import type { Files, FileStat, OpenFile, Platform } from '../platform/index.ts'
import { isBlock, type Manifest } from './manifest.ts'
import { parseTable, tableBytes } from './sealed-format.ts'
import type { SealedBlock } from './sealed-format.ts'

/** Kept tables, 5 KB each; beyond, all are forgotten and read again. */
const KEPT_MAX = 4_096
/** Holds the table of a segment of the usual size. */
const END_BYTES = 4_096

interface Kept {
  mark: string
  blocks: readonly SealedBlock[] | undefined
}

/** Sealed files never change: their tables are read once a process. */
const kept = new WeakMap<Files, Map<string, Kept>>()

/**
 * The blocks of a sealed file: from its own table, or, where that is damaged, from its manifest. Undefined when neither
 * can be read; `verify` tells.
 *
 * Errors  the system's.
 */
export async function blocksOf(
  platform: Platform,
  path: string,
  stat: FileStat,
): Promise<readonly SealedBlock[] | undefined> {
  let tables = kept.get(platform.files)
  if (tables === undefined || tables.size >= KEPT_MAX) kept.set(platform.files, (tables = new Map()))
  const mark = `${stat.bytes} ${stat.changedMs}`
  const known = tables.get(path)
  if (known?.mark === mark) return known.blocks
  const file = await platform.files.open(path, 'read')
  try {
    const blocks = (await readTable(file, stat.bytes)) ?? (await fromManifest(platform, path))
    tables.set(path, { mark, blocks })
    return blocks
  } finally {
    await file.close()
  }
}

export async function readTable(file: OpenFile, fileBytes: number): Promise<SealedBlock[] | undefined> {
  let end = await readEnd(file, fileBytes, END_BYTES)
  const bytes = tableBytes(end)
  if (bytes === undefined || bytes > fileBytes) return undefined
  if (bytes > end.length) end = await readEnd(file, fileBytes, bytes)
  return parseTable(end.subarray(end.length - bytes), fileBytes)
}

async function readEnd(file: OpenFile, fileBytes: number, bytes: number): Promise<Buffer> {
  const end = Buffer.alloc(Math.min(bytes, fileBytes))
  await file.read(end, fileBytes - end.length)
  return end
}

async function fromManifest(platform: Platform, path: string): Promise<SealedBlock[] | undefined> {
  const name = basename(path, '.jsonl.gz')
  const bytes = await readWhole(platform.files, join(dirname(path), `${name}.manifest.json`))
  try {
    const { blocks } = JSON.parse(new TextDecoder().decode(bytes)) as Manifest
    return blocks.map((block) => {
      const { offset, bytes: length, storedOffset, storedBytes } = block
      if (!isBlock(block) || storedOffset === undefined || storedBytes === undefined)
        throw new TypeError('not of a sealed file')
      return { offset, bytes: length, storedOffset, storedBytes }
    })
  } catch {
    return undefined
  }
}
