import type { LogData, MetricData, Resource, Scope, SpanData } from '@spanledger/sdk/record'
import type { ExportBatch } from '../exporter.ts'
import { byScope } from '../by-scope.ts'
import { writeLog } from './logs.ts'
import { writeMetric } from './metrics.ts'
import { writeSpan } from './spans.ts'
import { writeAttributes } from './values.ts'
import { ProtobufWriter } from './writer.ts'

/**
 * Fields of Export*ServiceRequest and of what it holds. The three signals number them alike:
 * request { 1 resource_* { 1 resource, 2 scope_* { 1 scope, 2 records, 3 schema_url }, 3 schema_url } }
 *
 * Source  opentelemetry/proto/collector and opentelemetry/proto/{trace,logs,metrics}/v1
 */
const RESOURCE_GROUP = 1
const RESOURCE = 1
const SCOPE_GROUP = 2
const SCOPE = 1
const RECORDS = 2
const SCHEMA_URL = 3

/** Batches to OTLP's protobuf, in one pass and without objects in between. */
export class ProtobufEncoder {
  readonly #out = new ProtobufWriter()
  /** There is one resource, and a handful of scopes. */
  readonly #resources = new WeakMap<Resource, Uint8Array>()
  readonly #scopes = new WeakMap<Scope, Uint8Array>()

  encode(batch: ExportBatch): Uint8Array {
    const resource = this.#resource(batch.resource)
    const out = this.#out
    const group = out.begin(RESOURCE_GROUP)
    out.raw(resource)
    if (batch.kind === 'spans') this.#write(batch.records, writeSpan)
    else if (batch.kind === 'logs') this.#write(batch.records, writeLog)
    else this.#write(batch.records, writeMetric)
    out.text(SCHEMA_URL, batch.resource.schemaUrl)
    out.end(group)
    return out.take()
  }

  #write<T extends SpanData | LogData | MetricData>(
    all: readonly T[],
    write: (out: ProtobufWriter, field: number, record: T) => void,
  ): void {
    const out = this.#out
    for (const [scope, records] of byScope(all)) {
      const group = out.begin(SCOPE_GROUP)
      out.raw(this.#scope(scope))
      for (const record of records) write(out, RECORDS, record)
      out.text(SCHEMA_URL, scope.schemaUrl)
      out.end(group)
    }
  }

  #resource(resource: Resource): Uint8Array {
    let bytes = this.#resources.get(resource)
    if (bytes === undefined) {
      const out = new ProtobufWriter()
      const message = out.begin(RESOURCE)
      writeAttributes(out, 1, resource.attributes)
      out.end(message)
      this.#resources.set(resource, (bytes = out.take()))
    }
    return bytes
  }

  #scope(scope: Scope): Uint8Array {
    let bytes = this.#scopes.get(scope)
    if (bytes === undefined) {
      const out = new ProtobufWriter()
      const message = out.begin(SCOPE)
      out.text(1, scope.name)
      out.text(2, scope.version)
      writeAttributes(out, 3, scope.attributes)
      out.end(message)
      this.#scopes.set(scope, (bytes = out.take()))
    }
    return bytes
  }
}
