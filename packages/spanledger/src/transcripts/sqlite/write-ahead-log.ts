import type { OpenFile } from '@spanledger/sdk/platform'

/** What was committed and is not yet in the database's own file. */
export interface WriteAheadLog {
  pageBytes: number
  /** Of the database as of the last commit. */
  pages: number
  /** Where the newest of each page stands in the log. */
  offsets: ReadonlyMap<number, number>
  /** Changes whenever the log begins anew. */
  salts: Buffer
}

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const MAGIC = 0x377f0682

/**
 * Up to the last commit that is whole: every frame carries the checksum of all before it.
 *
 * Returns  undefined for a log that tells nothing
 * Source   https://www.sqlite.org/fileformat2.html#walformat
 */
export async function readLog(file: OpenFile): Promise<WriteAheadLog | undefined> {
  const header = Buffer.alloc(HEADER_BYTES)
  if ((await file.read(header, 0)) < HEADER_BYTES) return undefined
  const magic = header.readUInt32BE(0)
  if (magic !== MAGIC && magic !== MAGIC + 1) return undefined
  const bigEndian = magic === MAGIC + 1
  const pageBytes = header.readUInt32BE(8)
  const salts = header.subarray(16, 24)
  let sum = checksum(header.subarray(0, 24), [0, 0], bigEndian)
  if (!isSum(header, 24, sum)) return undefined
  const offsets = new Map<number, number>()
  const uncommitted = new Map<number, number>()
  let pages = 0
  const frame = Buffer.allocUnsafeSlow(FRAME_HEADER_BYTES + pageBytes)
  for (let at = HEADER_BYTES; ; at += frame.length) {
    if ((await file.read(frame, at)) < frame.length || !frame.subarray(8, 16).equals(salts)) break
    sum = checksum(
      frame.subarray(FRAME_HEADER_BYTES),
      checksum(frame.subarray(0, 8), sum, bigEndian),
      bigEndian,
    )
    if (!isSum(frame, 16, sum)) break
    uncommitted.set(frame.readUInt32BE(0), at + FRAME_HEADER_BYTES)
    const committed = frame.readUInt32BE(4)
    if (committed === 0) continue
    pages = committed
    for (const [page, offset] of uncommitted) offsets.set(page, offset)
    uncommitted.clear()
  }
  return pages === 0 ? undefined : { pageBytes, pages, offsets, salts: Buffer.from(salts) }
}

type Sum = readonly [number, number]

const isSum = (bytes: Buffer, at: number, [a, b]: Sum): boolean =>
  bytes.readUInt32BE(at) === a && bytes.readUInt32BE(at + 4) === b

function checksum(bytes: Buffer, [first, second]: Sum, bigEndian: boolean): Sum {
  let [a, b] = [first, second]
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + b) >>> 0
    b = (b + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + a) >>> 0
  }
  return [a, b]
}
