import type { Link, SpanData, SpanEvent } from '../data.ts'
import { literal } from './line-buffer.ts'
import type { LineBuffer, Literal } from './line-buffer.ts'
import { writeAttributes } from './values.ts'

const SPAN = literal('{"span":"')
const TRACE = literal('","trace":"')
const PARENT = literal('","parent":"')
const NAME = literal('","name":')
const KINDS = {
  internal: literal(',"start":"'),
  server: literal(',"kind":"server","start":"'),
  client: literal(',"kind":"client","start":"'),
  producer: literal(',"kind":"producer","start":"'),
  consumer: literal(',"kind":"consumer","start":"'),
}
const NS = literal('","ns":')
const END = literal('","end":"')
const QUOTE = literal('"')
const STATUS = {
  unset: literal(''),
  ok: literal(',"status":"ok"'),
  error: literal(',"status":"error"'),
}
const MESSAGE = literal(',"message":')
const STATE = literal(',"state":')
const FLAGS = literal(',"flags":')
export const ATTRS = literal(',"attrs":')
export const DROPPED = literal(',"dropped":')
const EVENTS = literal(',"events":[')
const DROPPED_EVENTS = literal(',"droppedEvents":')
const LINKS = literal(',"links":[')
const DROPPED_LINKS = literal(',"droppedLinks":')
const EVENT_NAME = literal('{"name":')
const TIME = literal(',"time":"')
const LINK_TRACE = literal('{"trace":"')
const LINK_SPAN = literal('","span":"')

/** The line of a span up to its `in`. Source: ledger-format.md, "Spans". */
export function writeSpan(out: LineBuffer, span: SpanData): void {
  out.raw(SPAN)
  out.ascii(span.spanId)
  out.raw(TRACE)
  out.ascii(span.traceId)
  if (span.parentSpanId !== '') {
    out.raw(PARENT)
    out.ascii(span.parentSpanId)
  }
  out.raw(NAME)
  out.string(span.name)
  out.raw(KINDS[span.kind])
  out.time(span.startSeconds, span.startNanos)
  writeDuration(out, span)
  out.raw(STATUS[span.status])
  writeString(out, MESSAGE, span.statusMessage)
  writeString(out, STATE, span.traceState)
  writeCount(out, FLAGS, span.flags)
  if (span.attributes.length > 0) {
    out.raw(ATTRS)
    writeAttributes(out, span.attributes)
  }
  writeCount(out, DROPPED, span.droppedAttributes)
  if (span.events.length > 0) writeEvents(out, span.events)
  writeCount(out, DROPPED_EVENTS, span.droppedEvents)
  if (span.links.length > 0) writeLinks(out, span.links)
  writeCount(out, DROPPED_LINKS, span.droppedLinks)
}

function writeDuration(out: LineBuffer, span: SpanData): void {
  const ns = (span.endSeconds - span.startSeconds) * 1e9 + (span.endNanos - span.startNanos)
  if (ns <= Number.MAX_SAFE_INTEGER) {
    out.raw(NS)
    out.uint(ns)
  } else {
    out.raw(END)
    out.time(span.endSeconds, span.endNanos)
    out.raw(QUOTE)
  }
}

function writeEvents(out: LineBuffer, events: readonly SpanEvent[]): void {
  out.raw(EVENTS)
  for (const event of events) {
    out.raw(EVENT_NAME)
    out.string(event.name)
    out.raw(TIME)
    out.time(event.seconds, event.nanos)
    out.raw(QUOTE)
    if (event.attributes.length > 0) {
      out.raw(ATTRS)
      writeAttributes(out, event.attributes)
    }
    writeCount(out, DROPPED, event.droppedAttributes)
    out.byte(0x7d)
    out.byte(0x2c)
  }
  out.close(0x5d)
}

function writeLinks(out: LineBuffer, links: readonly Link[]): void {
  out.raw(LINKS)
  for (const link of links) {
    out.raw(LINK_TRACE)
    out.ascii(link.traceId)
    out.raw(LINK_SPAN)
    out.ascii(link.spanId)
    out.raw(QUOTE)
    writeString(out, STATE, link.traceState)
    if (link.attributes.length > 0) {
      out.raw(ATTRS)
      writeAttributes(out, link.attributes)
    }
    writeCount(out, DROPPED, link.droppedAttributes)
    writeCount(out, FLAGS, link.flags)
    out.byte(0x7d)
    out.byte(0x2c)
  }
  out.close(0x5d)
}

/** `,"name":number`, unless it is 0. */
export function writeCount(out: LineBuffer, name: Literal, value: number): void {
  if (value === 0) return
  out.raw(name)
  out.uint(value)
}

/** `,"name":"..."`, unless it is empty. */
export function writeString(out: LineBuffer, name: Literal, value: string): void {
  if (value === '') return
  out.raw(name)
  out.string(value)
}
