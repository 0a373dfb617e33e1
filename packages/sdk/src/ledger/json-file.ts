import { createHash } from 'node:crypto'
import { readWhole, errnoOf } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'

export interface JsonFile {
  /** Undefined when it is not JSON, or cannot be read. */
  value: unknown
  /** Of the bytes, in hex; empty when they cannot be read. */
  sha256: string
  /** The system's code, when it does not let the file be read. */
  unreadable?: string
}

/** A small file of JSON, and its hash; undefined when it is not there. One that cannot be read is told, not thrown. */
export async function readJsonFile(platform: Platform, path: string): Promise<JsonFile | undefined> {
  let bytes: Uint8Array | undefined
  try {
    bytes = await readWhole(platform.files, path)
  } catch (error) {
    const code = errnoOf(error)
    if (code === undefined) throw error
    return { value: undefined, sha256: '', unreadable: code }
  }
  return bytes && { value: parsed(bytes), sha256: sha256(bytes) }
}

export function sha256(...parts: Uint8Array[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex')
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) ?? undefined
  } catch {
    return undefined
  }
}
