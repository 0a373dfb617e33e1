import type { Redactor } from '@spanledger/sdk/redact'
import { isZero, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { literal, type LineWriter } from './line-writer.ts'
import type { Values } from './values.ts'
import { joined, type Wire } from './wire.ts'

const LOG = literal('{"log":"')
const OBSERVED = literal(',"observed":"')
const QUOTE = literal('"')
const SEVERITY = literal(',"severity":')
const LEVEL = literal(',"level":')
const NAME = literal(',"name":')
const BODY = literal(',"body":')
const TRACE = literal(',"trace":"')
const SPAN = literal(',"span":"')
const FLAGS = literal(',"flags":')
const ATTRS = literal(',"attrs":')
const DROPPED = literal(',"dropped":')

/** Fields 1 to 3 and 5 to 12 of LogRecord; 4 is reserved. */
const LOG_FIELDS = 0x1fee
const EVENT_NAME_KEY = literal('event.name')

/** LogRecord messages to log lines. Source: opentelemetry/proto/logs/v1/logs.proto; ledger-format.md, "Log records". */
export class Logs {
  readonly #wire: Wire
  readonly #out: LineWriter
  readonly #values: Values
  readonly #redactor: Redactor

  constructor(values: Values, redactor: Redactor) {
    this.#wire = values.wire
    this.#out = values.out
    this.#values = values
    this.#redactor = redactor
  }

  /** Writes the line of the LogRecord in [from, end) without its end. */
  write(from: number, end: number): boolean {
    const wire = this.#wire
    const out = this.#out
    let timeHigh = 0
    let timeLow = 0
    let observedHigh = 0
    let observedLow = 0
    let severity = 0
    let levelAt = 0
    let levelEnd = 0
    let nameAt = 0
    let nameEnd = 0
    let bodyAt = -1
    let bodyEnd = 0
    let bodies = 0
    let traceAt = 0
    let traceEnd = 0
    let spanAt = 0
    let spanEnd = 0
    let flags = 0
    let attributesAt = -1
    let attributesEnd = 0
    let dropped = 0

    wire.at = from
    while (wire.at < end) {
      const begin = wire.at
      const tag = wire.tag(end)
      switch (tag) {
        case 0x09:
          timeLow = wire.fixed64(end)
          timeHigh = wire.high
          break
        case 0x10:
          severity = wire.varint(end) | 0
          break
        case 0x1a:
          levelEnd = wire.length(end)
          levelAt = wire.at
          wire.at = levelEnd
          break
        case 0x2a:
          bodyEnd = wire.length(end)
          bodyAt = wire.at
          wire.at = bodyEnd
          bodies++
          break
        case 0x32:
          if (attributesAt === -1) attributesAt = begin
          wire.at = attributesEnd = wire.length(end)
          break
        case 0x38:
          dropped = wire.varint(end)
          break
        case 0x45:
          flags = wire.fixed32(end)
          break
        case 0x4a:
          traceEnd = wire.length(end)
          traceAt = wire.at
          wire.at = traceEnd
          break
        case 0x52:
          spanEnd = wire.length(end)
          spanAt = wire.at
          wire.at = spanEnd
          break
        case 0x59:
          observedLow = wire.fixed64(end)
          observedHigh = wire.high
          break
        case 0x62:
          nameEnd = wire.length(end)
          nameAt = wire.at
          wire.at = nameEnd
          break
        default:
          wire.skip(tag, end, LOG_FIELDS)
      }
    }

    const { bytes } = wire
    out.ascii(LOG)
    out.uint64(timeHigh, timeLow)
    out.ascii(QUOTE)
    if (observedHigh !== 0 || observedLow !== 0) {
      out.ascii(OBSERVED)
      out.uint64(observedHigh, observedLow)
      out.ascii(QUOTE)
    }
    if (severity !== 0) {
      out.ascii(SEVERITY)
      out.int32(severity)
    }
    out.stringMember(LEVEL, bytes, levelAt, levelEnd)
    out.stringMember(NAME, bytes, nameAt, nameEnd)
    if (bodyAt !== -1) {
      const eventName = this.#redactor.readsBodies
        ? this.#eventName(nameAt, nameEnd, attributesAt, attributesEnd)
        : ''
      out.ascii(BODY)
      if (bodies === 1) this.#body(eventName, bodyAt, bodyEnd)
      else wire.within(this.#joinedBodies(from, end), (stop) => this.#body(eventName, 0, stop))
    }
    if (traceEnd - traceAt === TRACE_ID_BYTES && !isZero(bytes, traceAt, traceEnd)) {
      out.ascii(TRACE)
      out.hex(bytes, traceAt, traceEnd)
      out.ascii(QUOTE)
    }
    if (spanEnd - spanAt === SPAN_ID_BYTES && !isZero(bytes, spanAt, spanEnd)) {
      out.ascii(SPAN)
      out.hex(bytes, spanAt, spanEnd)
      out.ascii(QUOTE)
    }
    out.numberMember(FLAGS, flags)
    if (attributesAt !== -1) {
      out.ascii(ATTRS)
      this.#values.attributes(attributesAt, attributesEnd, 0x32)
    }
    out.numberMember(DROPPED, dropped)
    return true
  }

  #body(eventName: string, from: number, end: number): void {
    if (eventName === '') this.#values.value(from, end, 0)
    else this.#values.bodyOf(eventName, from, end)
  }

  /** A body that was sent in parts. */
  #joinedBodies(from: number, end: number): Uint8Array {
    const wire = this.#wire
    const parts: Uint8Array[] = []
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === 0x2a) {
        const stop = wire.length(end)
        parts.push(wire.bytes.subarray(wire.at, stop))
        wire.at = stop
      } else wire.pass(tag, end)
    }
    return joined(parts)
  }

  /** The field eventName, or the attribute `event.name` of senders older than the field. */
  #eventName(nameAt: number, nameEnd: number, from: number, to: number): string {
    if (nameAt !== nameEnd) return this.#values.text(nameAt, nameEnd)
    const wire = this.#wire
    const bytes = wire.bytes
    wire.at = Math.max(0, from)
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag !== 0x32) {
        wire.pass(tag, to)
        continue
      }
      const stop = wire.length(to)
      const valueAt = wire.at + 2 + EVENT_NAME_KEY.length
      const isEventName =
        bytes[wire.at] === 0x0a &&
        bytes[wire.at + 1] === EVENT_NAME_KEY.length &&
        EVENT_NAME_KEY.every((byte, i) => bytes[wire.at + 2 + i] === byte)
      // AnyValue with a string, all lengths in one byte.
      if (
        isEventName &&
        bytes[valueAt] === 0x12 &&
        bytes[valueAt + 2] === 0x0a &&
        stop === valueAt + 4 + bytes[valueAt + 3]!
      ) {
        return this.#values.text(valueAt + 4, stop)
      }
      wire.at = stop
    }
    return ''
  }
}
