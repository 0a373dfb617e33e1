import type { LogData } from '@spanledger/sdk/record'
import { writeAttributes, writeValue } from './values.ts'
import type { ProtobufWriter } from './writer.ts'

/** Source: opentelemetry/proto/logs/v1/logs.proto, message LogRecord */
export function writeLog(out: ProtobufWriter, field: number, log: LogData): void {
  const message = out.begin(field)
  out.time(1, log.seconds, log.nanos)
  out.uint(2, log.severity)
  out.text(3, log.severityText)
  if (log.body !== undefined) writeValue(out, 5, log.body)
  writeAttributes(out, 6, log.attributes)
  out.uint(7, log.droppedAttributes)
  out.fixed32(8, log.flags)
  out.id(9, log.traceId)
  out.id(10, log.spanId)
  out.time(11, log.observedSeconds, log.observedNanos)
  out.text(12, log.eventName)
  out.end(message)
}
