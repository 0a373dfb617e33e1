import type { LogData } from '../data.ts'
import { literal } from './line-buffer.ts'
import type { LineBuffer } from './line-buffer.ts'
import { ATTRS, DROPPED, writeCount, writeString } from './span-line.ts'
import { writeAttributes, writeValue } from './values.ts'

const LOG = literal('{"log":"')
const OBSERVED = literal('","observed":"')
const QUOTE = literal('"')
const SEVERITY = literal(',"severity":')
const LEVEL = literal(',"level":')
const NAME = literal(',"name":')
const BODY = literal(',"body":')
const TRACE = literal(',"trace":"')
const SPAN = literal('","span":"')
const FLAGS = literal(',"flags":')

/** The line of a log record up to its `in`. Source: ledger-format.md, "Log records". */
export function writeLog(out: LineBuffer, log: LogData): void {
  out.raw(LOG)
  const begin = out.length
  out.time(log.seconds, log.nanos)
  const end = out.length
  out.raw(OBSERVED)
  // Unless the host said when it happened, both are one moment.
  if (log.observedNanos === log.nanos && log.observedSeconds === log.seconds) out.again(begin, end)
  else out.time(log.observedSeconds, log.observedNanos)
  out.raw(QUOTE)
  writeCount(out, SEVERITY, log.severity)
  writeString(out, LEVEL, log.severityText)
  writeString(out, NAME, log.eventName)
  if (log.body !== undefined) {
    out.raw(BODY)
    writeValue(out, log.body)
  }
  if (log.traceId !== '') {
    out.raw(TRACE)
    out.ascii(log.traceId)
    out.raw(SPAN)
    out.ascii(log.spanId)
    out.raw(QUOTE)
  }
  writeCount(out, FLAGS, log.flags)
  if (log.attributes.length > 0) {
    out.raw(ATTRS)
    writeAttributes(out, log.attributes)
  }
  writeCount(out, DROPPED, log.droppedAttributes)
}
