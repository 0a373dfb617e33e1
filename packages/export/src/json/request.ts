import { Buffer } from 'node:buffer'
import type { LogData, MetricData, Scope, SpanData } from '@spanledger/sdk/record'
import type { ExportBatch } from '../exporter.ts'
import { byScope } from '../by-scope.ts'
import { logJson, metricJson, spanJson } from './records.ts'
import { attributesField, text } from './values.ts'

const NAMES = {
  spans: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
} as const

/** A batch as OTLP/JSON. */
export function encodeJson(batch: ExportBatch): Uint8Array {
  const [resources, scopes] = NAMES[batch.kind]
  const { attributes, schemaUrl } = batch.resource
  const groups =
    batch.kind === 'spans'
      ? scopeGroups(batch.records, 'spans', spanJson)
      : batch.kind === 'logs'
        ? scopeGroups(batch.records, 'logRecords', logJson)
        : scopeGroups(batch.records, 'metrics', metricJson)
  return Buffer.from(
    `{"${resources}":[{"resource":${object(attributesField(attributes))},"${scopes}":[${groups}]` +
      `${text('schemaUrl', schemaUrl)}}]}`,
  )
}

function scopeGroups<T extends SpanData | LogData | MetricData>(
  all: readonly T[],
  name: string,
  write: (record: T) => string,
): string {
  let json = ''
  for (const [scope, records] of byScope(all)) {
    let list = ''
    for (const record of records) list += list === '' ? write(record) : `,${write(record)}`
    json += `${json === '' ? '' : ','}{"scope":${scopeJson(scope)},"${name}":[${list}]${text('schemaUrl', scope.schemaUrl)}}`
  }
  return json
}

const scopeJson = (scope: Scope): string =>
  object(text('name', scope.name) + text('version', scope.version) + attributesField(scope.attributes))

/** Fields each with a comma before it. */
const object = (fields: string): string => `{${fields.slice(1)}}`
