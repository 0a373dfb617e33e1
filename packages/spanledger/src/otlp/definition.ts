import { createHash } from 'node:crypto'
import type { LineWriter } from './line-writer.ts'

/** A line that others refer to by id. */
export interface Definition {
  /** 8 characters of base64url. */
  id: string
  /** `,"in":"<id>"}\n` or `,"metric":"<id>"`: what a record writes of it. */
  reference: Uint8Array
  /** The whole line with its line feed. */
  line: Uint8Array
  /** Places redacted in it. */
  redacted: number
}

/**
 * Makes the definition of what stands in `writer`: an object's members from its first comma on, `,"name":"x"`, or nothing.
 * The id is the first 48 bits of the SHA-256 of the line without its id: `{"name":"x"}`.
 */
export function define(kind: 'origin' | 'metric', writer: LineWriter): Definition {
  const members = Buffer.from(writer.bytes.buffer, 0, writer.length).toString('utf8')
  const id = createHash('sha256')
    .update(`{${members.slice(1)}}`)
    .digest()
    .subarray(0, 6)
    .toString('base64url')
  return {
    id,
    reference: Buffer.from(kind === 'origin' ? `,"in":"${id}"}\n` : `,"metric":"${id}"`),
    line: Buffer.from(`{"${kind}":"${id}"${members}}\n`),
    redacted: writer.redacted,
  }
}
