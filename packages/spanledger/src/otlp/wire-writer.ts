/** Strings shorter than this are copied in a loop. */
const SHORT = 128

/** Value of a hex digit by its character; -1 for any other. */
const HEX = new Int8Array(128).fill(-1)
for (const [digit, char] of [...'0123456789abcdef'].entries()) {
  HEX[char.charCodeAt(0)] = digit
  HEX[char.toUpperCase().charCodeAt(0)] = digit
}

/** Writes protobuf's wire format into one buffer that grows and is used again. */
export class WireWriter {
  #bytes = Buffer.alloc(256 * 1024)
  #length = 0

  /** What was written, in memory of its own; the writer begins anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#length)
    if (this.#bytes.length > 8 * 1024 * 1024) this.#bytes = Buffer.alloc(256 * 1024)
    this.#length = 0
    return taken
  }

  clear(): void {
    this.#length = 0
  }

  #reserve(count: number): void {
    const needed = this.#length + count
    if (needed <= this.#bytes.length) return
    const grown = Buffer.alloc(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#length)
    this.#bytes = grown
  }

  tag(field: number, wireType: number): void {
    this.uint32((field << 3) | wireType)
  }

  uint32(value: number): void {
    this.#reserve(5)
    while (value > 127) {
      this.#bytes[this.#length++] = (value & 127) | 128
      value >>>= 7
    }
    this.#bytes[this.#length++] = value
  }

  /** A varint of 64 bits; negative numbers as two's complement. */
  varint64(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    if (rest <= 0xffff_ffffn) return this.uint32(Number(rest))
    this.#reserve(10)
    while (rest > 127n) {
      this.#bytes[this.#length++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#length++] = Number(rest)
  }

  fixed64(value: bigint): void {
    this.#reserve(8)
    this.#length = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#length)
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#length = this.#bytes.writeUInt32LE(value, this.#length)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  /** Length and UTF-8; a lone surrogate becomes U+FFFD. */
  string(value: string): void {
    this.#reserve(value.length * 3 + 5)
    const bytes = this.#bytes
    const from = this.#length + 1
    // Short ASCII, the rule, in a loop: calling into Buffer costs 100 ns whatever the length.
    if (value.length < SHORT) {
      let i = 0
      for (; i < value.length; i++) {
        const char = value.charCodeAt(i)
        if (char > 127) break
        bytes[from + i] = char
      }
      if (i === value.length) {
        bytes[from - 1] = i
        this.#length = from + i
        return
      }
    }
    const lengthAt = this.begin()
    this.#length += this.#bytes.write(value, this.#length, 'utf8')
    this.end(lengthAt)
  }

  /** Two hex digits a byte, of either case; false, and nothing written, when there are others. */
  hex(value: string): boolean {
    this.#reserve(value.length)
    let at = this.#length
    for (let i = 0; i < value.length; i += 2) {
      const upper = HEX[value.charCodeAt(i)] ?? -1
      const lower = HEX[value.charCodeAt(i + 1)] ?? -1
      if (upper < 0 || lower < 0) return false
      this.#bytes[at++] = (upper << 4) | lower
    }
    this.#length = at
    return true
  }

  bytes(value: Uint8Array): void {
    this.uint32(value.length)
    this.#reserve(value.length)
    this.#bytes.set(value, this.#length)
    this.#length += value.length
  }

  /** Leaves room for a length of one byte; what is written until `end` is moved when the length takes more. */
  begin(): number {
    this.#reserve(5)
    return this.#length++
  }

  /** @param lengthAt What `begin` returned. */
  end(lengthAt: number): void {
    const size = this.#length - lengthAt - 1
    if (size < 128) {
      this.#bytes[lengthAt] = size
      return
    }
    const lengthBytes = size < 1 << 14 ? 2 : size < 1 << 21 ? 3 : size < 1 << 28 ? 4 : 5
    this.#reserve(5)
    this.#bytes.copyWithin(lengthAt + lengthBytes, lengthAt + 1, this.#length)
    this.#length = lengthAt
    this.uint32(size)
    this.#length += size
  }
}
