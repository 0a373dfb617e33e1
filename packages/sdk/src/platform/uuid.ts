import * as crypto from 'node:crypto'
import type { Platform } from './platform.ts'

/** A new id (RFC 9562, version 7): sorts by the millisecond it was made in; 74 bits are random. */
export function uuidv7(platform: Pick<Platform, 'clock' | 'random'>): string {
  const random = platform.random(10)
  const hex = Math.max(0, platform.clock.nowMs()).toString(16).padStart(12, '0') + hexOf(random)
  return dashed(hex, '7')
}

/**
 * The id of something that can come twice: equal parts give equal ids, for ever (RFC 9562, version 8: the first bits
 * of the SHA-256 of the parts, each with its length before it, so that ('ab', 'c') is not ('a', 'bc')).
 */
export function uuidFrom(...parts: string[]): string {
  let text = ''
  for (const part of parts) text += `${part.length}:${part}`
  return dashed(sha256(text), '8')
}

/** One call for hash and digest where there is one: 0.9 us against 2.1 us. */
const sha256 =
  typeof crypto.hash === 'function'
    ? (text: string) => crypto.hash('sha256', text, 'hex')
    : (text: string) => crypto.createHash('sha256').update(text).digest('hex')

/** The first 32 digits as a UUID, with its version and variant bits set. */
function dashed(hex: string, version: string): string {
  const variant = VARIANT[Number.parseInt(hex[16]!, 16) & 3]!
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${version}${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const VARIANT = ['8', '9', 'a', 'b']

export function hexOf(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += (byte + 256).toString(16).slice(1)
  return hex
}
