import { Buffer } from 'node:buffer'
import { dirname, join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { hexOf, type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'

/** The bytes [from, to) of any file; fewer at its end. */
export async function readRange(platform: Platform, path: string, from: number, to: number): Promise<Buffer> {
  const file = await platform.files.open(path, 'read')
  try {
    const bytes = Buffer.allocUnsafeSlow(Math.max(0, to - from))
    return bytes.subarray(0, await file.read(bytes, from))
  } finally {
    await file.close()
  }
}

/** A disposable file below HOME/index; undefined when it is not there. */
export async function readIndexFile(
  platform: Platform,
  home: Home,
  name: string,
): Promise<string | undefined> {
  const bytes = await readWhole(platform.files, join(home.index, name))
  return bytes === undefined ? undefined : Buffer.from(bytes).toString('utf8')
}

/**
 * Replaces a disposable file below HOME/index as a whole.
 *
 * Errors  None: a home that cannot be written to only means that the next question works it out again.
 */
export async function writeIndexFile(
  platform: Platform,
  home: Home,
  name: string,
  text: string,
): Promise<void> {
  if (home.readOnly) return
  const { files } = platform
  const path = join(home.index, name)
  const temporary = `${path}.${hexOf(platform.random(6))}`
  const bytes = Buffer.from(text)
  try {
    await files.mkdir(dirname(path), 0o700)
    const file = await files.open(temporary, 'create', 0o600)
    let written: number
    try {
      written = await file.write([bytes], 0)
    } finally {
      await file.close()
    }
    if (written === bytes.length) await files.rename(temporary, path)
    else await files.unlink(temporary)
  } catch (error) {
    if (systemCode(error) === undefined) throw error
  }
}
