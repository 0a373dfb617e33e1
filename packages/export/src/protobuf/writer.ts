import { Buffer } from 'node:buffer'

/** Strings shorter than this are copied in a loop: calling into Buffer costs 100 ns whatever the length. */
const SHORT = 64
/** What the buffer begins with, and is given up for when a request needed far more. */
const FIRST_BYTES = 64 * 1024
const KEPT_BYTES = 4 * 1024 * 1024

const TWO_32 = 2 ** 32

/** Value of a hex digit by its character. */
const HEX = new Uint8Array(128)
for (const [digit, char] of [...'0123456789abcdef'].entries()) {
  HEX[char.charCodeAt(0)] = digit
  HEX[char.toUpperCase().charCodeAt(0)] = digit
}

/** Wire types of protobuf. */
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

/** Protobuf's wire format into one buffer that grows and is used again. */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0

  /** What was written, in memory of its own; the writer begins anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#at)
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    this.#at = 0
    return taken
  }

  #reserve(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }

  #tag(field: number, wireType: number): void {
    this.#reserve(12)
    if (field < 16) this.#bytes[this.#at++] = (field << 3) | wireType
    else {
      this.#bytes[this.#at++] = ((field << 3) & 127) | 128 | wireType
      this.#bytes[this.#at++] = field >> 4
    }
  }

  /** A whole number, at least 0 and below 2^53, without its tag. */
  #varint(value: number): void {
    this.#reserve(10)
    let rest = value
    while (rest > 0x7fff_ffff) {
      this.#bytes[this.#at++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    while (rest > 127) {
      this.#bytes[this.#at++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.#bytes[this.#at++] = rest
  }

  /** uint32 and enums; left out when 0. */
  uint(field: number, value: number): void {
    if (value === 0) return
    this.#tag(field, VARINT)
    this.#varint(value)
  }

  /** int64; also when 0. */
  int64(field: number, value: number | bigint): void {
    this.#tag(field, VARINT)
    if (typeof value === 'number' && value >= 0) return this.#varint(value)
    let rest = BigInt.asUintN(64, BigInt(value))
    while (rest > 127n) {
      this.#bytes[this.#at++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#at++] = Number(rest)
  }

  /** Also when false. */
  bool(field: number, value: boolean): void {
    this.#tag(field, VARINT)
    this.#bytes[this.#at++] = value ? 1 : 0
  }

  /** sint32: zigzag; left out when 0. */
  sint32(field: number, value: number): void {
    this.uint(field, ((value << 1) ^ (value >> 31)) >>> 0)
  }

  packedUints(field: number, values: readonly number[]): void {
    if (values.length === 0) return
    const mark = this.begin(field)
    for (const value of values) this.#varint(value)
    this.end(mark)
  }

  /** Left out when 0. */
  fixed32(field: number, value: number): void {
    if (value === 0) return
    this.#tag(field, FIXED32)
    this.#word(value)
  }

  /** Nanoseconds since 1970, exact, of whole seconds and the nanoseconds beyond them; left out when both are 0. */
  time(field: number, seconds: number, nanos: number): void {
    if (seconds === 0 && nanos === 0) return
    this.#tag(field, FIXED64)
    // seconds * 10^9 does not fit a number: in two parts of 16 bits and the rest, which do.
    const high = Math.floor(seconds / 65_536)
    const upper = high * 1e9
    const lower = (seconds - high * 65_536) * 1e9 + nanos
    const upperHigh = Math.floor(upper / 65_536)
    const lowerHigh = Math.floor(lower / TWO_32)
    const low = (upper - upperHigh * 65_536) * 65_536 + (lower - lowerHigh * TWO_32)
    this.#word(low)
    this.#word(upperHigh + lowerHigh + (low >= TWO_32 ? 1 : 0))
  }

  /** sfixed64 and fixed64 of a whole number within +-2^53; also when 0. */
  fixed64(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#long(value)
  }

  /** Also when 0. */
  double(field: number, value: number): void {
    this.#tag(field, FIXED64)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  packedDoubles(field: number, values: readonly number[]): void {
    if (values.length === 0) return
    this.#packed(field, values.length)
    for (const value of values) this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  packedFixed64(field: number, values: readonly number[]): void {
    if (values.length === 0) return
    this.#packed(field, values.length)
    for (const value of values) this.#long(value)
  }

  /** UTF-8, a lone surrogate as U+FFFD; left out when empty. */
  text(field: number, value: string): void {
    if (value !== '') this.string(field, value)
  }

  /** As text, also when empty. */
  string(field: number, value: string): void {
    this.#tag(field, LENGTH)
    const { length } = value
    this.#reserve(length * 3 + 5)
    if (length < SHORT) {
      const bytes = this.#bytes
      const from = this.#at + 1
      let i = 0
      for (; i < length; i++) {
        const char = value.charCodeAt(i)
        if (char > 127) break
        bytes[from + i] = char
      }
      if (i === length) {
        bytes[this.#at] = length
        this.#at = from + length
        return
      }
    }
    const mark = this.#at++
    this.#at += this.#bytes.write(value, this.#at, 'utf8')
    this.end(mark)
  }

  bytes(field: number, value: Uint8Array): void {
    this.#tag(field, LENGTH)
    this.#varint(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** An id of lower or upper case hex digits; left out when empty. */
  id(field: number, hex: string): void {
    if (hex === '') return
    this.#tag(field, LENGTH)
    const count = hex.length >> 1
    this.#reserve(count + 1)
    const bytes = this.#bytes
    bytes[this.#at++] = count
    for (let i = 0; i < hex.length; i += 2) {
      bytes[this.#at++] = (HEX[hex.charCodeAt(i)]! << 4) | HEX[hex.charCodeAt(i + 1)]!
    }
  }

  /** Bytes of a whole field or several, its tag among them, made by `take` before. */
  raw(fields: Uint8Array): void {
    this.#reserve(fields.length)
    this.#bytes.set(fields, this.#at)
    this.#at += fields.length
  }

  /** Begins a message; what is written until `end` belongs to it. Returns what `end` takes. */
  begin(field: number): number {
    this.#tag(field, LENGTH)
    return this.#at++
  }

  /** One byte was left for the length; what was written is moved when it takes more. */
  end(mark: number): void {
    const size = this.#at - mark - 1
    if (size < 128) {
      this.#bytes[mark] = size
      return
    }
    const lengthBytes = size < 1 << 14 ? 2 : size < 1 << 21 ? 3 : size < 1 << 28 ? 4 : 5
    this.#reserve(5)
    this.#bytes.copyWithin(mark + lengthBytes, mark + 1, this.#at)
    this.#at = mark
    this.#varint(size)
    this.#at += size
  }

  #packed(field: number, count: number): void {
    this.#tag(field, LENGTH)
    this.#varint(count * 8)
    this.#reserve(count * 8)
  }

  #long(value: number): void {
    const high = Math.floor(value / TWO_32)
    this.#word(value - high * TWO_32)
    this.#word(high)
  }

  /** 32 bits of a whole number of any size, little-endian; room is there. */
  #word(value: number): void {
    const bytes = this.#bytes
    bytes[this.#at++] = value
    bytes[this.#at++] = value >>> 8
    bytes[this.#at++] = value >>> 16
    bytes[this.#at++] = value >>> 24
  }
}
