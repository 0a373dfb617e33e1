/**
 * The ids of all events, exactly: no false positive is possible, because a UUID is kept with all its 128 bits.
 *
 * Cost  24 to 40 bytes an event, 0.1 us to add or find; an id that is no lower-case UUID is kept as a string.
 */
export class EventIds {
  #keys = new Uint32Array(4 * 1024)
  /** Open addressing: 1 + index into the keys, 0 where free; never more than half full. */
  #slots = new Uint32Array(2 * 1024)
  #count = 0
  readonly #others = new Set<string>()
  readonly #key = new Uint32Array(4)
  readonly #scratch = Buffer.alloc(UUID_LENGTH)

  add(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#readUuid(bytes, start, end)) {
      this.#others.add(Buffer.from(bytes.subarray(start, end)).toString('utf8'))
      return
    }
    const slot = this.#find()
    if (this.#slots[slot] !== 0) return
    if (4 * (this.#count + 1) > this.#keys.length) return this.#growAndAdd()
    this.#keys.set(this.#key, 4 * this.#count)
    this.#slots[slot] = ++this.#count
  }

  has(id: string): boolean {
    if (id.length === UUID_LENGTH) {
      this.#scratch.write(id, 'latin1')
      if (this.#readUuid(this.#scratch, 0, UUID_LENGTH)) return this.#slots[this.#find()] !== 0
    }
    return this.#others.has(id)
  }

  /** How many ids, in the order they were added, both have in common from the first one on. */
  commonWith(other: EventIds): number {
    const both = 4 * Math.min(this.#count, other.#count)
    let at = 0
    while (at < both && this.#keys[at] === other.#keys[at]) at++
    return at >> 2
  }

  /** The slot of the key, or the free one where it belongs. */
  #find(): number {
    const key = this.#key
    const keys = this.#keys
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = Math.imul(key[3]! ^ (key[2]! >>> 3) ^ key[0]!, 0x9e3779b1) & mask
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = 4 * (slots[slot]! - 1)
      if (
        keys[at] === key[0] &&
        keys[at + 1] === key[1] &&
        keys[at + 2] === key[2] &&
        keys[at + 3] === key[3]
      )
        break
    }
    return slot
  }

  #growAndAdd(): void {
    const added = this.#key.slice()
    const keys = new Uint32Array(2 * this.#keys.length)
    keys.set(this.#keys)
    this.#keys = keys
    this.#slots = new Uint32Array(2 * this.#slots.length)
    for (let index = 0; index < this.#count; index++) {
      this.#key.set(keys.subarray(4 * index, 4 * index + 4))
      this.#slots[this.#find()] = index + 1
    }
    this.#key.set(added)
    keys.set(added, 4 * this.#count)
    this.#slots[this.#find()] = ++this.#count
  }

  /** Into `#key`; false when it is not a UUID in lower case with its dashes. */
  #readUuid(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== UUID_LENGTH) return false
    let digits = 0
    let word = 0
    for (let i = 0; i < UUID_LENGTH; i++) {
      const byte = bytes[start + i]!
      if (i === 8 || i === 13 || i === 18 || i === 23) {
        if (byte !== 0x2d) return false
        continue
      }
      const digit =
        byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : byte >= 0x61 && byte <= 0x66 ? byte - 0x57 : -1
      if (digit < 0) return false
      word = (word << 4) | digit
      if ((++digits & 7) === 0) this.#key[(digits >> 3) - 1] = word
    }
    return true
  }
}

const UUID_LENGTH = 36
