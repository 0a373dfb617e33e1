import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { HOME_VERSION, HomeNewerError, headerLine, signalSegmentName } from '../../ledger/index.ts'
import { hexOf } from '../../platform/index.ts'
import type { Platform } from '../../platform/index.ts'
import type { SignalBatch } from '../../store/index.ts'

/**
 * Writes batches of one kind in a segment of their own, before it returns: for a process that ends now. The segment's writer is
 * new and nobody's, so that nothing a write in progress does can meet it; sealing takes it for closed after REST_MS.
 *
 * Durable  fsynced.
 * Errors   HomeNewerError; the system's; then there is no segment.
 */
export function writeExitSegment(
  platform: Pick<Platform, 'clock' | 'random'>,
  dir: string,
  batches: readonly SignalBatch[],
): void {
  const { clock, random } = platform
  const kind = batches[0]!.kind
  const writer = hexOf(random(6))
  const segment = signalSegmentName(clock.nowMs(), writer, 1)
  const folder = join(dir, 'ledger', kind)
  ensureHome(dir)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${segment}.jsonl`)
  const fd = openSync(path, 'wx', 0o600)
  try {
    try {
      writeAll(fd, headerLine({ kind, segment, writer, created: String(clock.nowUnixNano()) }))
      const defined = new Set<string>()
      for (const { lines, definitions } of batches) {
        for (const [id, line] of definitions) {
          if (!defined.has(id)) writeAll(fd, line)
          defined.add(id)
        }
        writeAll(fd, lines)
      }
      fsyncSync(fd)
    } finally {
      closeSync(fd)
    }
  } catch (error) {
    unlinkSync(path)
    throw error
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
}

/** Makes home.json where there is none. Errors: HomeNewerError; then nothing was touched. */
function ensureHome(dir: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, 'home.json')
  try {
    writeFileSync(path, `{"spanledger":${HOME_VERSION}}\n`, { flag: 'wx', mode: 0o600 })
    return
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const { spanledger } = JSON.parse(readFileSync(path, 'utf8')) as { spanledger?: unknown }
  if (typeof spanledger === 'number' && spanledger > HOME_VERSION)
    throw new HomeNewerError(dir, spanledger, HOME_VERSION)
}
