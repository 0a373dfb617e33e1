import { MalformedOtlpError } from './malformed.ts'

/** As deep as protobuf's own readers go. */
const GROUPS_MAX = 100

/**
 * Reads protobuf's wire format from bytes that do not move: tags, lengths and numbers at `at`, always below an `end` that
 * the caller knows. Source: https://protobuf.dev/programming-guides/encoding/
 *
 * Errors  MalformedOtlpError with the byte offset: truncation, overlong varints, groups that do not end, field number 0, wrong
 *         wire types.
 */
export class Wire {
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(new ArrayBuffer(0))
  at = 0
  /** Upper 32 bits of what varint64 and fixed64 read; they return the lower ones. */
  high = 0

  open(bytes: Uint8Array): void {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = 0
  }

  /** Runs `read` over other bytes, then stands where it stood: for messages that had to be put together. */
  within(bytes: Uint8Array, read: (end: number) => void): void {
    const { bytes: outerBytes, view, at } = this
    this.open(bytes)
    try {
      read(bytes.length)
    } finally {
      this.bytes = outerBytes
      this.view = view
      this.at = at
    }
  }

  fail(reason: string, at = this.at): never {
    throw new MalformedOtlpError(`byte ${at}`, reason)
  }

  /** The next tag, `field << 3 | wire type`. */
  tag(end: number): number {
    const byte = this.bytes[this.at]!
    if (byte < 128 && this.at < end) {
      this.at++
      return byte
    }
    return this.varint(end)
  }

  /** The end of a length-delimited field whose content begins at `at` afterwards. */
  length(end: number): number {
    const byte = this.bytes[this.at]!
    let length = byte
    if (byte < 128 && this.at < end) this.at++
    else {
      length = this.varint(end)
      if (this.high !== 0) this.fail('a length beyond 4 GiB')
    }
    const stop = this.at + length
    if (stop > end) this.fail(`truncated: ${length} bytes announced, ${end - this.at} left`)
    return stop
  }

  /** Lower 32 bits, unsigned; the upper ones are in `high`. */
  varint(end: number): number {
    const { bytes } = this
    let low = 0
    let high = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= end) this.fail('truncated number')
      const byte = bytes[this.at++]!
      const bits = byte & 127
      if (shift < 28) low |= bits << shift
      else if (shift === 28) {
        low |= bits << 28
        high = bits >> 4
      } else if (shift < 63) high |= bits << (shift - 32)
      else high |= (bits & 1) << 31
      if (byte < 128) {
        this.high = high >>> 0
        return low >>> 0
      }
    }
    this.fail('a varint longer than 10 bytes')
  }

  /** Lower 32 bits, unsigned; the upper ones are in `high`. */
  fixed64(end: number): number {
    const { at } = this
    if (at + 8 > end) this.fail('truncated number')
    this.at = at + 8
    this.high = this.view.getUint32(at + 4, true)
    return this.view.getUint32(at, true)
  }

  fixed32(end: number): number {
    const { at } = this
    if (at + 4 > end) this.fail('truncated number')
    this.at = at + 4
    return this.view.getUint32(at, true)
  }

  double(end: number): number {
    const { at } = this
    if (at + 8 > end) this.fail('truncated number')
    this.at = at + 8
    return this.view.getFloat64(at, true)
  }

  /**
   * Passes over a field nobody asked for.
   *
   * known  Bit n is set when field n of this message is known: then its wire type is wrong, and that is malformed.
   */
  skip(tag: number, end: number, known: number): void {
    const field = tag >>> 3
    if (field === 0) this.fail('field number 0')
    if (field < 32 && ((known >>> field) & 1) === 1)
      this.fail(`wrong wire type ${tag & 7} for field ${field}`)
    this.pass(tag, end)
  }

  /** Passes over any field. */
  pass(tag: number, end: number): void {
    switch (tag & 7) {
      case 0:
        this.varint(end)
        break
      case 1:
        this.fixed64(end)
        break
      case 2:
        this.at = this.length(end)
        break
      case 3:
        this.#group(tag >>> 3, end)
        break
      case 5:
        this.fixed32(end)
        break
      default:
        this.fail(`wire type ${tag & 7} where a field begins`)
    }
  }

  /** OTLP has none, and a later one may. Groups hold groups: each ends with its own number. */
  #group(field: number, end: number): void {
    for (const open = [field]; open.length > 0;) {
      const tag = this.tag(end)
      if (tag >>> 3 === 0) this.fail('field number 0')
      if ((tag & 7) === 3) open.push(tag >>> 3)
      else if ((tag & 7) !== 4) this.pass(tag, end)
      else if (open.pop() !== tag >>> 3) this.fail(`an end of group ${tag >>> 3} inside of another`)
      if (open.length > GROUPS_MAX) this.fail(`groups nested deeper than ${GROUPS_MAX}`)
    }
  }
}

/** Protobuf's rule for a message field that occurs twice: merging is joining the bytes. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

/** How many bytes the UTF-8 character at `at` has; 0 when it is not valid UTF-8. Source: RFC 3629, section 4. */
export function utf8Length(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!
  if (first < 0x80) return 1
  if (first < 0xc2 || first > 0xf4 || at + 1 >= end) return 0
  const second = bytes[at + 1]!
  if ((second & 0xc0) !== 0x80) return 0
  if (first < 0xe0) return 2
  if (at + 2 >= end || (bytes[at + 2]! & 0xc0) !== 0x80) return 0
  if (first < 0xf0) {
    if ((first === 0xe0 && second < 0xa0) || (first === 0xed && second > 0x9f)) return 0
    return 3
  }
  if (at + 3 >= end || (bytes[at + 3]! & 0xc0) !== 0x80) return 0
  if ((first === 0xf0 && second < 0x90) || (first === 0xf4 && second > 0x8f)) return 0
  return 4
}
