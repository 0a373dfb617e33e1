import { isAscii, isUtf8 } from 'node:buffer'
import type { NewEvent, RecordedEvent } from '../model/index.ts'
import { EventTooLargeError } from './errors.ts'

const EVENTS_MAX = 1_000
const EVENT_BYTES_MAX = 1024 * 1024
const APPEND_BYTES_MAX = 16 * 1024 * 1024
const STREAM_NAME_MAX = 512
const LINE_FEED = 0x0a

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

/** 1 to 19 digits, by the letter: a regular expression takes three times as long, and each event is asked. */
function isTime(time: unknown): boolean {
  if (typeof time !== 'string') return false
  const first = time[0] === '-' ? 1 : 0
  if (time.length === first || time.length > first + 19) return false
  for (let i = first; i < time.length; i++) {
    const digit = time.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return false
  }
  return true
}

/** Most lines are ASCII, which needs no decoding. Undefined when they are no UTF-8: a flipped byte would pass as another text. */
const encodingOf = (bytes: Uint8Array): 'latin1' | 'utf8' | undefined =>
  isAscii(bytes) ? 'latin1' : isUtf8(bytes) ? 'utf8' : undefined

/** Undefined when the line is damaged. */
export function parseEventLine(line: Uint8Array): RecordedEvent | undefined {
  const encoding = encodingOf(line)
  return encoding && parseText((line as Buffer).toString(encoding))
}

/** Several lines. Undefined for each that is damaged; for the first, and no more, when some are no UTF-8. */
export function* parseEventLines(lines: Uint8Array): Generator<RecordedEvent | undefined, void, void> {
  const bytes = lines as Buffer
  const encoding = encodingOf(bytes)
  if (encoding === undefined) return void (yield undefined)
  for (let at = 0, end; at < bytes.length; at = end) {
    end = bytes.indexOf(LINE_FEED, at) + 1 || bytes.length
    // Each decoded by itself: JSON.parse of a slice of one long string takes 0.2 us more.
    yield parseText(bytes.toString(encoding, at, end))
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
