import { isAscii, isUtf8 } from 'node:buffer'
import type { NewEvent, RecordedEvent } from '../model/index.ts'
import { EventTooLargeError } from './errors.ts'

const EVENTS_MAX = 1_000
const EVENT_BYTES_MAX = 1024 * 1024
const APPEND_BYTES_MAX = 16 * 1024 * 1024
const STREAM_NAME_MAX = 512

/** An event on its way: its line but for what only the lock's holder knows. */
export interface PreparedEvent {
  event: NewEvent & { time: string }
  /** Before the version, and behind position and `more`. */
  front: string
  back: string
}

/**
 * Errors  EventTooLargeError; TypeError and RangeError for what the types forbid.
 */
export function prepareEvents(stream: string, events: readonly NewEvent[], now: () => bigint) {
  if (stream === '' || stream.length > STREAM_NAME_MAX)
    throw new RangeError('a stream has a name of 1..512 characters')
  if (events.length > EVENTS_MAX)
    throw new RangeError(`${events.length} events in one append, at most ${EVENTS_MAX} may be`)
  let bytes = 0
  const prepared = events.map((event): PreparedEvent => {
    const data = JSON.stringify(event.data) as string | undefined
    if (data === undefined || !event.event || !event.id)
      throw new TypeError('an event has a name, an id and data in JSON')
    const time = event.time ?? String(now())
    const schema = event.schema === undefined || event.schema === 1 ? '' : `,"schema":${event.schema}`
    if (schema !== '' && !(Number.isSafeInteger(event.schema) && event.schema! > 1))
      throw new TypeError('the schema of an event is a whole number from 1 up')
    if (!isTime(time)) throw new TypeError(`time: ${JSON.stringify(time)} is no number of nanoseconds`)
    const meta = event.meta === undefined ? '' : `,"meta":${JSON.stringify(event.meta)}`
    const front = `{"event":${JSON.stringify(event.event)},"id":${JSON.stringify(event.id)},"stream":${JSON.stringify(stream)}`
    const back = `,"time":${JSON.stringify(time)}${schema},"data":${data}${meta}}\n`
    const own = Buffer.byteLength(front) + Buffer.byteLength(back)
    if (own > EVENT_BYTES_MAX) throw new EventTooLargeError(stream, own, EVENT_BYTES_MAX, event.event)
    bytes += own
    return { event: { ...event, time }, front, back }
  })
  if (bytes > APPEND_BYTES_MAX) throw new EventTooLargeError(stream, bytes, APPEND_BYTES_MAX)
  return { prepared, bytes }
}

/** What only the lock's holder knows of an event. */
export interface EventPlace {
  version: number
  position: number
  recorded: string
}

/** `more`: how many events of the same append follow. */
export function eventLine(
  { front, back }: PreparedEvent,
  { version, position, recorded }: EventPlace,
  more: number,
): string {
  return `${front},"version":${version},"position":${position}${more > 0 ? `,"more":${more}` : ''},"recorded":"${recorded}"${back}`
}

export function recordedEvent(prepared: PreparedEvent, stream: string, place: EventPlace): RecordedEvent {
  return { ...prepared.event, stream, ...place }
}

const RECORDED = ',"recorded":"'

/** When the ledger took the event of a line; 0 when it does not say. Quotes inside of strings are escaped: found is found. */
export function recordedIn(line: Uint8Array): bigint {
  const text = Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1')
  const at = text.indexOf(RECORDED)
  // Behind the time it would be some key of the event's data.
  if (at === -1 || at > text.indexOf(',"time":')) return 0n
  const digits = /^\d{1,19}/.exec(text.slice(at + RECORDED.length, at + RECORDED.length + 19))
  return digits === null ? 0n : BigInt(digits[0])
}

const isTime = (time: unknown): boolean => typeof time === 'string' && /^-?\d{1,19}$/.test(time)

/** Most lines are ASCII, which needs no decoding: 1.83 us an event read instead of 1.99. */
function textOf(lines: Uint8Array): string | undefined {
  const bytes = lines as Buffer
  if (isAscii(bytes)) return bytes.toString('latin1')
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** Undefined when the line is damaged; bytes that are no UTF-8 are damage too, or a flipped byte would pass as another text. */
export function parseEventLine(line: Uint8Array): RecordedEvent | undefined {
  const text = textOf(line)
  return text === undefined ? undefined : parseText(text)
}

/**
 * Several lines, decoded at once: a view and two calls a line less, a fifth of what it takes to read them one by one. Undefined for each that is
 * damaged; for the first, and no more, when some are no UTF-8.
 */
export function* parseEventLines(lines: Uint8Array): Generator<RecordedEvent | undefined, void, void> {
  const text = textOf(lines)
  if (text === undefined) return void (yield undefined)
  for (let at = 0, end; at < text.length; at = end) {
    end = text.indexOf('\n', at) + 1 || text.length
    yield parseText(text.slice(at, end))
  }
}

function parseText(text: string): RecordedEvent | undefined {
  try {
    const event = JSON.parse(text) as RecordedEvent & { more?: number }
    if (!isTime(event.time)) return undefined
    if (event.more === undefined) return event
    const { more: _, ...recorded } = event
    return recorded
  } catch {
    return undefined
  }
}
