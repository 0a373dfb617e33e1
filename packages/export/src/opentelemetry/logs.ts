import { cleanValue } from '@spanledger/sdk/record'
import type { LogData } from '@spanledger/sdk/record'
import { LIMITS, listOf, moment, scopeOf } from './common.ts'
import type { ReadableLogRecord } from './sdk-types.ts'

export function logData(record: ReadableLogRecord): LogData {
  const observed = moment(record.hrTimeObserved)
  return {
    ...moment(record.hrTime),
    observedSeconds: observed.seconds,
    observedNanos: observed.nanos,
    severity: record.severityNumber ?? 0,
    severityText: record.severityText ?? '',
    eventName: record.eventName ?? '',
    body: record.body === undefined ? undefined : cleanValue(record.body, LIMITS),
    traceId: record.spanContext?.traceId ?? '',
    spanId: record.spanContext?.spanId ?? '',
    flags: (record.spanContext?.traceFlags ?? 0) & 0xff,
    attributes: listOf(record.attributes),
    droppedAttributes: record.droppedAttributesCount,
    scope: scopeOf(record.instrumentationScope),
  }
}
