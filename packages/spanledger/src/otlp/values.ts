import { hashOf, isHash, type Redactor } from '@spanledger/sdk/redact'
import { FLAG_GEN_AI, NO_KEY, type KeyTable } from './key-table.ts'
import { LINE_BYTES_MAX, NESTING_MAX } from './limits.ts'
import { LINE_TOO_LONG, literal, type LineWriter } from './line-writer.ts'
import { MalformedOtlpError } from './malformed.ts'
import { joined, utf8Length, type Wire } from './wire.ts'

const NULL = literal('null')
const TRUE = literal('true')
const FALSE = literal('false')
const KVLIST = literal('{"$kvlist":[')
const BYTES = literal('{"$bytes":"')
const QUOTE_BRACE = literal('"}')

/** Fields of AnyValue whose wire type counts; 8 (a string table's index) belongs to profiles only. */
const ANY_VALUE = 0b1111_1110
const KEY_VALUE = 0b110
const LIST = 0b10

const TAG_STRING = 0x0a
const TAG_ARRAY = 0x2a
const TAG_KVLIST = 0x32

const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d

/** One key and value of a list that takes the careful path. */
interface Pair {
  key: string
  /** An AnyValue; undefined when there is none. */
  value: Uint8Array | undefined
}

/**
 * AnyValue and lists of KeyValue, from the wire to JSON as the format's table "Values" says.
 *
 * Lists as senders write them (key then value, names known, no name twice) go straight through; any other list is begun
 * again on the careful path, which knows duplicates, `$` keys, merged fields and names that need escapes.
 */
export class Values {
  readonly wire: Wire
  readonly out: LineWriter
  readonly keys: KeyTable
  /** An attribute name began with `gen_ai.`. */
  genAi = false
  readonly #redactor: Redactor
  #list = 0

  constructor(wire: Wire, out: LineWriter, keys: KeyTable, redactor: Redactor) {
    this.wire = wire
    this.out = out
    this.keys = keys
    this.#redactor = redactor
  }

  /** To be called between requests. */
  renew(): void {
    this.keys.renew()
    this.#list = 0
    this.genAi = false
  }

  /** The KeyValue fields `tag` (below 128) of the message in [from, to), as an object; other fields were checked already. */
  attributes(from: number, to: number, tag: number): void {
    const { out } = this
    const { length, redacted } = out
    if (this.#straight(from, to, tag)) return
    out.length = length
    out.redacted = redacted
    this.#careful(from, to, tag, 0)
  }

  #straight(from: number, to: number, tag: number): boolean {
    const { wire, out, keys } = this
    const { bytes } = wire
    const list = ++this.#list
    let before = NO_KEY
    out.byte(OPEN_BRACE)
    wire.at = from
    while (wire.at < to) {
      if (bytes[wire.at] !== tag) {
        wire.pass(wire.tag(to), to)
        continue
      }
      wire.at++
      const stop = wire.length(to)
      if (stop - wire.at < 2) return false
      const keyAt = wire.at + 2
      const keyEnd = keyAt + bytes[wire.at + 1]!
      // Key first and in a one-byte length, then the value to the very end: how every SDK writes it.
      if (bytes[wire.at] !== TAG_STRING || keyEnd === keyAt || keyEnd > stop || keyEnd - keyAt > 127)
        return false
      let index = keys.followers[before]!
      if (!this.#writesKey(index, bytes, keyAt, keyEnd)) {
        index = keys.find(bytes, keyAt, keyEnd)
        if (index === -1) return false
        keys.followers[before] = index
        this.#writesKey(index, bytes, keyAt, keyEnd)
      }
      if (keys.seenIn[index] === list) return false
      keys.seenIn[index] = list
      before = index
      wire.at = keyEnd
      if (keyEnd < stop && (wire.tag(stop) !== 0x12 || wire.length(stop) !== stop)) return false
      out.checkLimit()
      const flags = keys.flags[index]!
      if (flags === 0) this.value(wire.at, stop, 0)
      else {
        if ((flags & FLAG_GEN_AI) !== 0) this.genAi = true
        this.#governed(flags >> 1, wire.at, stop, 0)
      }
      wire.at = stop
      out.byte(COMMA)
    }
    out.close(CLOSE_BRACE)
    return true
  }

  /** Writes `"name":` while it is compared with name `index` of the table; false, and nothing written, if it is another. */
  #writesKey(index: number, source: Uint8Array, start: number, end: number): boolean {
    const { out, keys } = this
    const { pool } = keys
    const from = keys.offsets[index]!
    const count = end - start
    if (keys.offsets[index + 1]! - from !== count) return false
    out.reserve(count + 3)
    const { bytes } = out
    const at = out.length + 1
    for (let i = 0; i < count; i++) {
      const byte = source[start + i]!
      if (pool[from + i] !== byte) return false
      bytes[at + i] = byte
    }
    bytes[at - 1] = QUOTE
    bytes[at + count] = QUOTE
    bytes[at + count + 1] = COLON
    out.length = at + count + 2
    return true
  }

  #careful(from: number, to: number, tag: number, depth: number): void {
    const { wire, out } = this
    const seen = new Set<string>()
    let plain = true
    const each = (visit: (pair: Pair) => boolean): void => {
      wire.at = from
      while (wire.at < to) {
        const next = wire.tag(to)
        if (next !== tag) {
          wire.pass(next, to)
          continue
        }
        const stop = wire.length(to)
        const pair = this.#pair(stop)
        wire.at = stop
        if (!visit(pair)) break
      }
    }
    each(({ key }) => {
      const written = this.#redactor.redact(key).text
      plain = !written.startsWith('$') && !seen.has(written)
      seen.add(written)
      // Every pair takes eight bytes at least.
      if (seen.size * 8 > LINE_BYTES_MAX) throw LINE_TOO_LONG
      return plain
    })

    if (plain) out.byte(OPEN_BRACE)
    else out.ascii(KVLIST)
    each(({ key, value }) => {
      out.checkLimit()
      if (!plain) out.byte(OPEN_BRACKET)
      const { text, count } = this.#redactor.redact(key)
      out.text(text)
      out.redacted += count
      out.byte(plain ? COLON : COMMA)
      const flags = this.keys.flagsOf(key)
      if ((flags & FLAG_GEN_AI) !== 0) this.genAi = true
      wire.within(value ?? new Uint8Array(0), (end) => this.#governed(flags >> 1, 0, end, depth))
      if (!plain) out.byte(CLOSE_BRACKET)
      out.byte(COMMA)
      return true
    })
    if (plain) return out.close(CLOSE_BRACE)
    out.close(CLOSE_BRACKET)
    out.byte(CLOSE_BRACE)
  }

  /** The KeyValue at `wire.at`, its fields in any order and number. */
  #pair(end: number): Pair {
    const { wire } = this
    let key = ''
    const values: Uint8Array[] = []
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === TAG_STRING) {
        const stop = wire.length(end)
        key = this.text(wire.at, stop)
        wire.at = stop
      } else if (tag === 0x12) {
        const stop = wire.length(end)
        values.push(wire.bytes.subarray(wire.at, stop))
        wire.at = stop
      } else wire.skip(tag, end, KEY_VALUE)
    }
    return { key, value: values.length === 0 ? undefined : joined(values) }
  }

  /** A string of the wire as text, checked. */
  text(start: number, end: number): string {
    const { bytes } = this.wire
    for (let i = start; i < end;) {
      const count = utf8Length(bytes, i, end)
      if (count === 0) throw new MalformedOtlpError(`byte ${i}`, 'a string that is not UTF-8')
      i += count
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  }

  /** A value whose name has a policy. */
  #governed(policyIndex: number, at: number, end: number, depth: number): void {
    const { out } = this
    const policy = this.keys.policies[policyIndex]!
    const begin = out.length
    const { redacted } = out
    this.value(at, end, depth)
    if (policy.action === 'scan' || tellsNothing(out.bytes, begin, out.length)) return
    const mark = policy.action === 'replace' ? policy.mark : hashed(this.#contentOf(at, end, begin))
    out.length = begin
    out.redacted = redacted + 1
    out.text(mark)
  }

  /** The same for a body. */
  bodyOf(eventName: string, at: number, end: number): void {
    this.#governed(this.keys.indexOf(this.#redactor.policyOfBody(eventName)), at, end, 0)
  }

  /** What a hash stands for: the text of a string, the JSON of anything else. */
  #contentOf(at: number, end: number, begin: number): Uint8Array {
    const { wire, out } = this
    if (wire.bytes[at] === TAG_STRING) {
      wire.at = at + 1
      if (wire.length(end) === end) return wire.bytes.subarray(wire.at, end)
    }
    return out.bytes.slice(begin, out.length)
  }

  /** The AnyValue in [at, end). */
  value(at: number, end: number, depth: number): void {
    const { wire, out } = this
    if (end - at < 2) {
      if (at === end) return out.ascii(NULL)
      return this.#merged(at, end, depth)
    }
    const { bytes } = wire
    const tag = bytes[at]!
    wire.at = at + 1
    switch (tag) {
      case TAG_STRING:
        if (wire.length(end) === end) return out.string(bytes, wire.at, end)
        break
      case 0x10:
        if (end - at === 2 && bytes[at + 1]! < 2) return out.ascii(bytes[at + 1] === 1 ? TRUE : FALSE)
        break
      case 0x18: {
        const byte = bytes[at + 1]!
        if (end - at === 2 && byte < 128) return out.uint(byte)
        const low = wire.varint(end)
        if (wire.at === end) return out.int64(wire.high, low)
        break
      }
      case 0x21:
        if (end - at === 9) return out.double(wire.double(end))
        break
      case TAG_ARRAY:
        if (wire.length(end) === end) return this.#array(wire.at, end, depth + 1)
        break
      case TAG_KVLIST:
        if (wire.length(end) === end) return this.#kvlist(wire.at, end, depth + 1)
        break
    }
    this.#merged(at, end, depth)
  }

  /** An AnyValue with several fields: the last one set counts, and message fields set again without another between merge. */
  #merged(at: number, end: number, depth: number): void {
    const { wire, out } = this
    let tag = 0
    let from = 0
    let parts: Uint8Array[] = []
    wire.at = at
    while (wire.at < end) {
      const next = wire.tag(end)
      const isMessage = next === TAG_ARRAY || next === TAG_KVLIST
      if (isMessage || next === TAG_STRING || next === 0x3a) {
        const stop = wire.length(end)
        if (next !== tag || !isMessage) parts = []
        parts.push(wire.bytes.subarray(wire.at, stop))
        if (next === TAG_STRING) this.text(wire.at, stop)
        wire.at = stop
      } else if (next === 0x10 || next === 0x18 || next === 0x21) {
        from = wire.at
        wire.pass(next, end)
      } else {
        wire.skip(next, end, ANY_VALUE)
        continue
      }
      tag = next
    }
    switch (tag) {
      case 0:
        return out.ascii(NULL)
      case TAG_STRING:
        return out.string(parts[0]!, 0, parts[0]!.length)
      case 0x3a:
        return this.#bytes(parts[0]!)
      case TAG_ARRAY:
        return wire.within(joined(parts), (stop) => this.#array(0, stop, depth + 1))
      case TAG_KVLIST:
        return wire.within(joined(parts), (stop) => this.#kvlist(0, stop, depth + 1))
    }
    wire.at = from
    if (tag === 0x21) return out.double(wire.double(end))
    const low = wire.varint(end)
    if (tag === 0x18) return out.int64(wire.high, low)
    out.ascii((low | wire.high) === 0 ? FALSE : TRUE)
  }

  #array(from: number, to: number, depth: number): void {
    this.#checkDepth(depth)
    const { wire, out } = this
    const { bytes } = wire
    let isSecretNext = false
    out.byte(OPEN_BRACKET)
    wire.at = from
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag !== TAG_STRING) {
        wire.skip(tag, to, LIST)
        continue
      }
      const stop = wire.length(to)
      const at = wire.at
      out.checkLimit()
      if (isSecretNext)
        this.#governed(this.keys.indexOf(this.#redactor.policyOfKey('password')), at, stop, depth)
      else this.value(at, stop, depth)
      isSecretNext = false
      // `["--password", "..."]`: an element that begins with a dash, in one byte of length.
      if (
        stop - at > 3 &&
        bytes[at] === TAG_STRING &&
        bytes[at + 2] === 0x2d &&
        bytes[at + 1] === stop - at - 2
      ) {
        isSecretNext = this.#redactor.isSecretOption(this.text(at + 2, stop))
      }
      wire.at = stop
      out.byte(COMMA)
    }
    out.close(CLOSE_BRACKET)
  }

  #kvlist(from: number, to: number, depth: number): void {
    this.#checkDepth(depth)
    const { wire } = this
    wire.at = from
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag === TAG_STRING) wire.at = wire.length(to)
      else wire.skip(tag, to, LIST)
    }
    this.#careful(from, to, TAG_STRING, depth)
  }

  #bytes(bytes: Uint8Array): void {
    const { out } = this
    const found = this.#redactor.redactBytes(bytes, 0, bytes.length)
    if (found !== undefined) {
      out.redacted += found.count
      return out.text('[redacted:bytes]')
    }
    out.ascii(BYTES)
    out.asciiText(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64'))
    out.ascii(QUOTE_BRACE)
  }

  #checkDepth(depth: number): void {
    if (depth > NESTING_MAX) this.wire.fail(`values nested deeper than ${NESTING_MAX}`)
  }
}

/** A hash stays what it is. */
function hashed(content: Uint8Array): string {
  const text = content.length === HASH_BYTES ? Buffer.from(content).toString('latin1') : ''
  return isHash(text) ? text : hashOf(content)
}

const HASH_BYTES = '[sha256:0123456789abcdef]'.length

/** `null`, `true`, `false`, `""`, `[]`, `{}`: nothing to hide. */
function tellsNothing(bytes: Uint8Array, begin: number, end: number): boolean {
  const first = bytes[begin]
  return (
    first === 0x6e ||
    first === 0x74 ||
    first === 0x66 ||
    (end - begin === 2 && (first === QUOTE || first === OPEN_BRACKET || first === OPEN_BRACE))
  )
}
