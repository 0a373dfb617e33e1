import { createHash, type Hash } from 'node:crypto'
import type { Platform } from '@spanledger/sdk/platform'

/** A line without its end; `bytes` is absent when it is longer than LINE_BYTES_MAX. */
interface FileLine {
  bytes?: Buffer
}

/** Whole lines of a file, and where they end. */
export interface LineBatch {
  lines: FileLine[]
  /** Offset behind the last line of the batch. */
  end: number
  /** SHA-256, in hex, of all bytes before `end`. */
  digest(): string
}

/** Tool results of megabytes stand in one line; beyond this no agent was seen to go. */
const LINE_BYTES_MAX = 64 * 1024 * 1024
const READ_BYTES = 1024 * 1024
const LINE_FEED = 10

/** What was read of a file before: so many bytes, and their SHA-256 in hex. */
export interface Prefix {
  bytes: number
  sha256: string
}

/**
 * The lines behind what was read before, a mebibyte at a time. What stands behind the last line end is left for the next time;
 * the generator returns how many bytes that is.
 *
 * from     undefined for the beginning
 * Returns  undefined when the file does not begin with what was read before: it was rewritten
 */
export async function linesBehind(
  platform: Pick<Platform, 'files'>,
  path: string,
  from: Prefix | undefined,
): Promise<AsyncGenerator<LineBatch, number, void> | undefined> {
  const hash = createHash('sha256')
  if (from !== undefined && !(await beginsWith(platform, path, from, hash))) return undefined
  return batches(platform, path, from?.bytes ?? 0, hash)
}

/** All of it is read: a rewrite that keeps the length is noticed as well, at 1 GB/s. */
async function beginsWith(
  platform: Pick<Platform, 'files'>,
  path: string,
  { bytes, sha256 }: Prefix,
  hash: Hash,
): Promise<boolean> {
  const file = await platform.files.open(path, 'read')
  try {
    const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
    for (let at = 0; at < bytes;) {
      const part = chunk.subarray(0, Math.min(READ_BYTES, bytes - at))
      const count = await file.read(part, at)
      if (count < part.length) return false
      hash.update(part)
      at += count
    }
  } finally {
    await file.close()
  }
  return hash.copy().digest('hex') === sha256
}

async function* batches(
  platform: Pick<Platform, 'files'>,
  path: string,
  start: number,
  hash: Hash,
): AsyncGenerator<LineBatch, number, void> {
  const file = await platform.files.open(path, 'read')
  try {
    let [offset, end] = [start, start]
    let parts: Buffer[] = []
    let held = 0
    for (;;) {
      const chunk = Buffer.allocUnsafeSlow(READ_BYTES)
      const count = await file.read(chunk, offset)
      if (count === 0) return held
      offset += count
      const lines: FileLine[] = []
      let from = 0
      for (;;) {
        const at = chunk.indexOf(LINE_FEED, from)
        if (at === -1 || at >= count) break
        const length = held + at - from
        const tail = chunk.subarray(from, at)
        if (length > LINE_BYTES_MAX) lines.push({})
        else lines.push({ bytes: parts.length === 0 ? tail : Buffer.concat([...parts, tail]) })
        end += length + 1
        parts = []
        held = 0
        from = at + 1
      }
      hash.update(chunk.subarray(0, from))
      // Of whole lines: what stands behind them may yet be rewritten.
      const whole = lines.length > 0 ? hash.copy() : undefined
      const rest = chunk.subarray(from, count)
      hash.update(rest)
      held += rest.length
      if (held <= LINE_BYTES_MAX) parts.push(rest)
      else parts = []
      if (whole) yield { lines, end, digest: () => whole.copy().digest('hex') }
    }
  } finally {
    await file.close()
  }
}
