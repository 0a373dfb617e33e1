import { literal, type LineWriter } from './line-writer.ts'
import { isZero, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { Tally } from './tally.ts'
import type { Values } from './values.ts'
import type { Wire } from './wire.ts'

const SPAN = literal('{"span":"')
const TRACE = literal('","trace":"')
const PARENT = literal('","parent":"')
const NAME = literal('","name":')
const KINDS = [
  literal(',"kind":"unspecified","start":"'),
  literal(',"start":"'),
  ...['server', 'client', 'producer', 'consumer'].map((kind) => literal(`,"kind":"${kind}","start":"`)),
]
const KIND = literal(',"kind":')
const START = literal(',"start":"')
const NS = literal('","ns":')
const END = literal('","end":"')
const QUOTE = literal('"')
const STATUS_OK = literal(',"status":"ok"')
const STATUS_ERROR = literal(',"status":"error"')
const STATUS = literal(',"status":')
const MESSAGE = literal(',"message":')
const STATE = literal(',"state":')
const FLAGS = literal(',"flags":')
const ATTRS = literal(',"attrs":')
const DROPPED = literal(',"dropped":')
const EVENTS = literal(',"events":[')
const DROPPED_EVENTS = literal(',"droppedEvents":')
const LINKS = literal(',"links":[')
const DROPPED_LINKS = literal(',"droppedLinks":')
const EVENT_NAME = literal('{"name":')
const TIME = literal(',"time":"')
const LINK_TRACE = literal('{"trace":"')
const LINK_SPAN = literal('","span":"')

/** Fields 1 to 16 of Span, 1 to 4 of Event, 1 to 6 of Link, 2 and 3 of Status. */
const SPAN_FIELDS = 0x1fffe
const EVENT_FIELDS = 0b11110
const LINK_FIELDS = 0b1111110
const STATUS_FIELDS = 0b1100

/**
 * Span messages to span lines. Source: opentelemetry/proto/trace/v1/trace.proto; ledger-format.md, "Spans".
 *
 * A first look finds the scalar fields and where repeated ones begin and end, in whatever order they came; a second one
 * writes. What it keeps of a span are offsets: no memory grows with the number of attributes.
 */
export class Spans {
  readonly #wire: Wire
  readonly #out: LineWriter
  readonly #values: Values
  /** Of the request at hand. */
  tally: Tally
  #statusCode = 0
  #messageAt = 0
  #messageEnd = 0

  constructor(values: Values) {
    this.#wire = values.wire
    this.#out = values.out
    this.#values = values
    this.tally = new Tally('traces')
  }

  /** Writes the line of the Span in [from, end) without its end; false when it was rejected. */
  write(from: number, end: number): boolean {
    const wire = this.#wire
    const out = this.#out
    let traceAt = 0
    let traceEnd = 0
    let spanAt = 0
    let spanEnd = 0
    let parentAt = 0
    let parentEnd = 0
    let stateAt = 0
    let stateEnd = 0
    let nameAt = 0
    let nameEnd = 0
    let kind = 0
    let startHigh = 0
    let startLow = 0
    let endHigh = 0
    let endLow = 0
    let attributesAt = -1
    let attributesEnd = 0
    let dropped = 0
    let eventsAt = -1
    let eventsEnd = 0
    let droppedEvents = 0
    let linksAt = -1
    let linksEnd = 0
    let droppedLinks = 0
    let flags = 0
    this.#statusCode = this.#messageAt = this.#messageEnd = 0

    wire.at = from
    while (wire.at < end) {
      const begin = wire.at
      const tag = wire.tag(end)
      switch (tag) {
        case 0x4a:
          if (attributesAt === -1) attributesAt = begin
          wire.at = attributesEnd = wire.length(end)
          break
        case 0x0a:
          traceEnd = wire.length(end)
          traceAt = wire.at
          wire.at = traceEnd
          break
        case 0x12:
          spanEnd = wire.length(end)
          spanAt = wire.at
          wire.at = spanEnd
          break
        case 0x1a:
          stateEnd = wire.length(end)
          stateAt = wire.at
          wire.at = stateEnd
          break
        case 0x22:
          parentEnd = wire.length(end)
          parentAt = wire.at
          wire.at = parentEnd
          break
        case 0x2a:
          nameEnd = wire.length(end)
          nameAt = wire.at
          wire.at = nameEnd
          break
        case 0x30:
          kind = wire.varint(end) | 0
          break
        case 0x39:
          startLow = wire.fixed64(end)
          startHigh = wire.high
          break
        case 0x41:
          endLow = wire.fixed64(end)
          endHigh = wire.high
          break
        case 0x50:
          dropped = wire.varint(end)
          break
        case 0x5a:
          if (eventsAt === -1) eventsAt = begin
          wire.at = eventsEnd = wire.length(end)
          break
        case 0x60:
          droppedEvents = wire.varint(end)
          break
        case 0x6a:
          if (linksAt === -1) linksAt = begin
          wire.at = linksEnd = wire.length(end)
          break
        case 0x70:
          droppedLinks = wire.varint(end)
          break
        case 0x7a:
          this.#status(wire.length(end))
          break
        case 0x85:
          flags = wire.fixed32(end)
          break
        default:
          wire.skip(tag, end, SPAN_FIELDS)
      }
    }

    const { bytes } = wire
    if (traceEnd - traceAt !== TRACE_ID_BYTES || isZero(bytes, traceAt, traceEnd)) {
      this.tally.reject('.traceId', 'a trace id has 16 bytes, not all zero')
      return false
    }
    if (spanEnd - spanAt !== SPAN_ID_BYTES || isZero(bytes, spanAt, spanEnd)) {
      this.tally.reject('.spanId', 'a span id has 8 bytes, not all zero')
      return false
    }
    if (parentEnd !== parentAt && parentEnd - parentAt !== SPAN_ID_BYTES) {
      this.tally.reject('.parentSpanId', "a parent's span id has 8 bytes or is empty")
      return false
    }

    out.ascii(SPAN)
    out.hex(bytes, spanAt, spanEnd)
    out.ascii(TRACE)
    out.hex(bytes, traceAt, traceEnd)
    // Some senders write "no parent" as eight zero bytes.
    if (parentEnd !== parentAt && !isZero(bytes, parentAt, parentEnd)) {
      out.ascii(PARENT)
      out.hex(bytes, parentAt, parentEnd)
    }
    out.ascii(NAME)
    out.string(bytes, nameAt, nameEnd)
    const known = KINDS[kind]
    if (known !== undefined) out.ascii(known)
    else {
      out.ascii(KIND)
      out.int32(kind)
      out.ascii(START)
    }
    out.uint64(startHigh, startLow)
    this.#duration(startHigh, startLow, endHigh, endLow)
    this.#writeStatus()
    out.stringMember(STATE, bytes, stateAt, stateEnd)
    out.numberMember(FLAGS, flags)
    if (attributesAt !== -1) {
      out.ascii(ATTRS)
      this.#values.attributes(attributesAt, attributesEnd, 0x4a)
    }
    out.numberMember(DROPPED, dropped)
    if (eventsAt !== -1) this.#events(eventsAt, eventsEnd)
    out.numberMember(DROPPED_EVENTS, droppedEvents)
    if (linksAt !== -1) this.#links(linksAt, linksEnd)
    out.numberMember(DROPPED_LINKS, droppedLinks)
    return true
  }

  #duration(startHigh: number, startLow: number, endHigh: number, endLow: number): void {
    const out = this.#out
    let high = endHigh - startHigh
    let low = endLow - startLow
    if (low < 0) {
      low += 4294967296
      high--
    }
    if (high >= 0 && high < 0x200000) {
      out.ascii(NS)
      out.uint(high * 4294967296 + low)
    } else {
      out.ascii(END)
      out.uint64(endHigh, endLow)
      out.ascii(QUOTE)
    }
  }

  /** Occurring again, its fields replace those before: that is how messages merge. */
  #status(end: number): void {
    const wire = this.#wire
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === 0x12) {
        this.#messageEnd = wire.length(end)
        this.#messageAt = wire.at
        wire.at = this.#messageEnd
      } else if (tag === 0x18) this.#statusCode = wire.varint(end) | 0
      else wire.skip(tag, end, STATUS_FIELDS)
    }
  }

  #writeStatus(): void {
    const out = this.#out
    const code = this.#statusCode
    if (code === 1) out.ascii(STATUS_OK)
    else if (code === 2) out.ascii(STATUS_ERROR)
    else if (code !== 0) {
      out.ascii(STATUS)
      out.int32(code)
    }
    out.stringMember(MESSAGE, this.#wire.bytes, this.#messageAt, this.#messageEnd)
  }

  #events(from: number, to: number): void {
    const wire = this.#wire
    const out = this.#out
    out.ascii(EVENTS)
    wire.at = from
    while (wire.at < to) {
      const tag = wire.tag(to)
      if (tag !== 0x5a) {
        wire.pass(tag, to)
        continue
      }
      const stop = wire.length(to)
      out.checkLimit()
      this.#event(stop)
      wire.at = stop
      out.byte(0x2c)
    }
    out.close(0x5d)
  }

  /** The Event from `wire.at` to `end`. */
  #event(end: number): void {
    const wire = this.#wire
    const out = this.#out
    let timeHigh = 0
    let timeLow = 0
    let nameAt = 0
    let nameEnd = 0
    let attributesAt = -1
    let attributesEnd = 0
    let dropped = 0
    while (wire.at < end) {
      const begin = wire.at
      const tag = wire.tag(end)
      if (tag === 0x09) {
        timeLow = wire.fixed64(end)
        timeHigh = wire.high
      } else if (tag === 0x12) {
        nameEnd = wire.length(end)
        nameAt = wire.at
        wire.at = nameEnd
      } else if (tag === 0x1a) {
        if (attributesAt === -1) attributesAt = begin
        wire.at = attributesEnd = wire.length(end)
      } else if (tag === 0x20) dropped = wire.varint(end)
      else wire.skip(tag, end, EVENT_FIELDS)
    }
    out.ascii(EVENT_NAME)
    out.string(wire.bytes, nameAt, nameEnd)
    out.ascii(TIME)
    out.uint64(timeHigh, timeLow)
    out.ascii(QUOTE)
    if (attributesAt !== -1) {
      out.ascii(ATTRS)
      this.#values.attributes(attributesAt, attributesEnd, 0x1a)
    }
    out.numberMember(DROPPED, dropped)
    out.byte(0x7d)
  }

  #links(from: number, to: number): void {
    const wire = this.#wire
    const out = this.#out
    const begin = out.length
    out.ascii(LINKS)
    const inside = out.length
    wire.at = from
    for (let index = 0; wire.at < to;) {
      const tag = wire.tag(to)
      if (tag !== 0x6a) {
        wire.pass(tag, to)
        continue
      }
      const stop = wire.length(to)
      out.checkLimit()
      if (this.#link(stop)) out.byte(0x2c)
      else this.tally.dropLink(`.links[${index}]`)
      index++
      wire.at = stop
    }
    if (out.length === inside) out.length = begin
    else out.bytes[out.length - 1] = 0x5d
  }

  /** The Link from `wire.at` to `end`; false when its ids are none. */
  #link(end: number): boolean {
    const wire = this.#wire
    const out = this.#out
    let traceAt = 0
    let traceEnd = 0
    let spanAt = 0
    let spanEnd = 0
    let stateAt = 0
    let stateEnd = 0
    let attributesAt = -1
    let attributesEnd = 0
    let dropped = 0
    let flags = 0
    while (wire.at < end) {
      const begin = wire.at
      const tag = wire.tag(end)
      if (tag === 0x0a) {
        traceEnd = wire.length(end)
        traceAt = wire.at
        wire.at = traceEnd
      } else if (tag === 0x12) {
        spanEnd = wire.length(end)
        spanAt = wire.at
        wire.at = spanEnd
      } else if (tag === 0x1a) {
        stateEnd = wire.length(end)
        stateAt = wire.at
        wire.at = stateEnd
      } else if (tag === 0x22) {
        if (attributesAt === -1) attributesAt = begin
        wire.at = attributesEnd = wire.length(end)
      } else if (tag === 0x28) dropped = wire.varint(end)
      else if (tag === 0x35) flags = wire.fixed32(end)
      else wire.skip(tag, end, LINK_FIELDS)
    }
    if (traceEnd - traceAt !== TRACE_ID_BYTES || spanEnd - spanAt !== SPAN_ID_BYTES) return false
    const { bytes } = wire
    out.ascii(LINK_TRACE)
    out.hex(bytes, traceAt, traceEnd)
    out.ascii(LINK_SPAN)
    out.hex(bytes, spanAt, spanEnd)
    out.ascii(QUOTE)
    out.stringMember(STATE, bytes, stateAt, stateEnd)
    if (attributesAt !== -1) {
      out.ascii(ATTRS)
      this.#values.attributes(attributesAt, attributesEnd, 0x22)
    }
    out.numberMember(DROPPED, dropped)
    out.numberMember(FLAGS, flags)
    out.byte(0x7d)
    return true
  }
}
