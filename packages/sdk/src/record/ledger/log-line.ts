import type { LogData } from '../data.ts'
import { SEVERITY, SEVERITY_TEXT } from '../log.ts'
import type { Level } from '../log.ts'
import { literal } from './line-buffer.ts'
import type { LineBuffer, Literal } from './line-buffer.ts'
import { ATTRS, DROPPED, writeCount, writeString } from './span-line.ts'
import { writeAttributes, writeValue } from './values.ts'

const LOG = literal('{"log":"')
const OBSERVED = literal('","observed":"')
const QUOTE = literal('"')
const SEVERITY_NUMBER = literal(',"severity":')
const LEVEL = literal(',"level":')
const NAME = literal(',"name":')
const BODY = literal(',"body":')
const TRACE = literal(',"trace":"')
const SPAN = literal('","span":"')
const FLAGS = literal(',"flags":')

/** By severity what the logger's own levels write: one piece in place of four, and words of ours, which no rule of redaction means. */
const LEVELS: { text: string; piece: Literal }[] = []
for (const [level, severity] of Object.entries(SEVERITY)) {
  const text = SEVERITY_TEXT[level as Level]
  LEVELS[severity] = { text, piece: literal(`,"severity":${severity},"level":"${text}"`) }
}

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
  writeSeverity(out, log)
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

function writeSeverity(out: LineBuffer, { severity, severityText }: LogData): void {
  const level = LEVELS[severity]
  if (level?.text === severityText) return out.raw(level.piece)
  writeCount(out, SEVERITY_NUMBER, severity)
  writeString(out, LEVEL, severityText)
}
