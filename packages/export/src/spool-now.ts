import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { uuidv7 } from '@spanledger/sdk/platform'
import type { Platform } from '@spanledger/sdk/platform'
import type { EncodedRequest } from './outcome.ts'
import { encodeRecord } from './spool-record.ts'

/**
 * Puts requests of one signal into its folder of the spool before it returns: for a process that ends now. The file is new and
 * nobody's, so that nothing under way can meet it; whoever opens the spool next sends it.
 *
 * Durable  fsynced.
 * Errors   the system's; then there is no file.
 */
export function spoolNow(platform: Platform, folder: string, requests: readonly EncodedRequest[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${uuidv7(platform)}.free.spool`)
  const file = openSync(path, 'wx', 0o600)
  try {
    let at = 0
    for (const request of requests) {
      const { record, buffers } = encodeRecord(request, at)
      for (const bytes of buffers)
        for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done)
      at += record.length
    }
    fsyncSync(file)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
}
