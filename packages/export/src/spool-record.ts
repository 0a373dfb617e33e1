import { createHash } from 'node:crypto'
import type { EncodedRequest } from './outcome.ts'

/**
 * One request in a file of the spool: a line of JSON, the request's bytes, a line feed.
 *
 *     {"sent":0,"items":512,"encoding":"protobuf","bytes":70912,"sha256":"0f343b0931126a20"}
 *
 * `sent` comes first and is overwritten in place with 1 once the request was answered: a restart after that does not send it again.
 */
export interface SpoolRecord {
  /** Of the line, from the beginning of the file. */
  at: number
  /** Of line, request and line feed together. */
  length: number
  /** Where the request begins, from `at`. */
  bodyAt: number
  bodyLength: number
  sent: boolean
  items: number
  encoding: EncodedRequest['encoding']
  /** First 16 hex digits of the request's. */
  sha256: string
}

/** Where the digit after `"sent":` is, from the beginning of the line. */
export const SENT_AT = '{"sent":'.length
export const SENT = new TextEncoder().encode('1')

const LINE_FEED = new TextEncoder().encode('\n')
const LINE_FEED_CODE = 10
const LINE_BYTES_MAX = 256

export function encodeRecord(
  request: EncodedRequest,
  at: number,
): { record: SpoolRecord; buffers: Uint8Array[] } {
  const { items, encoding, bytes } = request
  const sha256 = digest(bytes)
  const line = new TextEncoder().encode(
    `{"sent":0,"items":${items},"encoding":"${encoding}","bytes":${bytes.length},"sha256":"${sha256}"}\n`,
  )
  const length = line.length + bytes.length + 1
  const record = {
    at,
    length,
    bodyAt: line.length,
    bodyLength: bytes.length,
    sent: false,
    items,
    encoding,
    sha256,
  }
  return { record, buffers: [line, bytes, LINE_FEED] }
}

/** Whether the bytes are those that were written. */
export function isWhole(record: SpoolRecord, body: Uint8Array): boolean {
  return body.length === record.bodyLength && digest(body) === record.sha256
}

/**
 * The records of a file up to where it ends in the middle of one, as a writer that was killed leaves it.
 *
 * @returns also how many bytes at the end are no record.
 */
export function scanRecords(file: Uint8Array): { records: SpoolRecord[]; tornBytes: number } {
  const records: SpoolRecord[] = []
  let at = 0
  while (at < file.length) {
    const record = recordAt(file, at)
    if (record === undefined) break
    records.push(record)
    at += record.length
  }
  return { records, tornBytes: file.length - at }
}

function recordAt(file: Uint8Array, at: number): SpoolRecord | undefined {
  const lineEnd = file.subarray(at, at + LINE_BYTES_MAX).indexOf(LINE_FEED_CODE)
  if (lineEnd < 0) return undefined
  let head: Record<string, unknown>
  try {
    head = JSON.parse(new TextDecoder().decode(file.subarray(at, at + lineEnd))) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { sent, items, encoding, bytes, sha256 } = head
  const bodyAt = lineEnd + 1
  if (typeof bytes !== 'number' || typeof items !== 'number' || typeof sha256 !== 'string') return undefined
  const length = bodyAt + bytes + 1
  if (file[at + length - 1] !== LINE_FEED_CODE) return undefined
  const known = encoding === 'json' ? 'json' : 'protobuf'
  return { at, length, bodyAt, bodyLength: bytes, sent: sent === 1, items, encoding: known, sha256 }
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
