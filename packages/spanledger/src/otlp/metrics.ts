import type { Redactor } from '@spanledger/sdk/redact'
import { define, type Definition } from './definition.ts'
import type { KeyTable } from './key-table.ts'
import { DEFINITIONS_MAX } from './limits.ts'
import { LineWriter, literal } from './line-writer.ts'
import { Values } from './values.ts'
import { joined, Wire } from './wire.ts'

const NAME = literal(',"name":')
const TYPE = literal(',"type":"')
const QUOTE = literal('"')
const UNIT = literal(',"unit":')
const DESCRIPTION = literal(',"description":')
const TEMPORALITIES = ['unspecified', 'delta', 'cumulative'].map((name) =>
  literal(`,"temporality":"${name}"`),
)
const TEMPORALITY = literal(',"temporality":')
const MONOTONIC = literal(',"monotonic":true')
const METADATA = literal(',"metadata":')

/** By the tag of the oneof `data`: 5, 7, 9, 10, 11. */
const TYPES = new Map([
  [0x2a, literal('gauge')],
  [0x3a, literal('sum')],
  [0x4a, literal('histogram')],
  [0x52, literal('exponentialHistogram')],
  [0x5a, literal('summary')],
])

/** Fields of Metric: 1 to 3, 5, 7, 9 to 12; of Sum 1 to 3 (the others have fewer and are checked with it). */
const METRIC_FIELDS = 0x1eae
const DATA_FIELDS: Record<number, number> = { 0x2a: 0b10, 0x3a: 0b1110, 0x4a: 0b110, 0x52: 0b110, 0x5a: 0b10 }

/** A metric without its points. */
export interface MetricDefinition extends Definition {
  /** Its name as JSON, redacted. */
  name: Uint8Array
}

/** What a Metric message says beside its points. */
export interface MetricHead {
  definition: MetricDefinition
  /** Tag of the oneof `data`. */
  type: number
  /** The data message; its points are the fields with tag 0x0a. */
  data: Uint8Array
}

/**
 * Metric messages up to their points. Source: opentelemetry/proto/metrics/v1/metrics.proto; ledger-format.md.
 * Errors: MalformedOtlpError, LINE_TOO_LONG.
 */
export class Metrics {
  readonly #known = new Map<string, MetricDefinition>()
  readonly #wire = new Wire()
  readonly #out: LineWriter
  readonly #values: Values

  constructor(redactor: Redactor, keys: KeyTable) {
    this.#out = new LineWriter(redactor)
    this.#values = new Values(this.#wire, this.#out, keys, redactor)
  }

  /** Undefined for a metric without data. */
  head(message: Uint8Array): MetricHead | undefined {
    const wire = this.#wire
    wire.open(message)
    const end = message.length
    let [nameAt, nameEnd, descriptionAt, descriptionEnd, unitAt, unitEnd] = [0, 0, 0, 0, 0, 0]
    let hasMetadata = false
    let type = 0
    let parts: Uint8Array[] = []
    while (wire.at < end) {
      const tag = wire.tag(end)
      const isData = TYPES.has(tag)
      if (!isData && tag !== 0x0a && tag !== 0x12 && tag !== 0x1a && tag !== 0x62) {
        wire.skip(tag, end, METRIC_FIELDS)
        continue
      }
      const stop = wire.length(end)
      if (isData) {
        // Another kind of data replaces the one before, the same kind adds to it.
        if (tag !== type) parts = []
        type = tag
        parts.push(message.subarray(wire.at, stop))
      } else if (tag === 0x0a) [nameAt, nameEnd] = [wire.at, stop]
      else if (tag === 0x12) [descriptionAt, descriptionEnd] = [wire.at, stop]
      else if (tag === 0x1a) [unitAt, unitEnd] = [wire.at, stop]
      else hasMetadata = true
      wire.at = stop
    }
    if (type === 0) return undefined

    const out = this.#out
    out.reset()
    this.#values.renew()
    out.ascii(NAME)
    const nameBegin = out.length
    out.string(message, nameAt, nameEnd)
    const name = out.bytes.slice(nameBegin, out.length)
    out.ascii(TYPE)
    out.ascii(TYPES.get(type)!)
    out.ascii(QUOTE)
    out.stringMember(UNIT, message, unitAt, unitEnd)
    out.stringMember(DESCRIPTION, message, descriptionAt, descriptionEnd)
    const data = joined(parts)
    wire.within(data, (stop) => this.#data(type, stop))
    if (hasMetadata) {
      out.ascii(METADATA)
      this.#values.attributes(0, end, 0x62)
    }
    out.checkLimit()
    return { definition: this.#definition(name), type, data }
  }

  #data(type: number, end: number): void {
    const wire = this.#wire
    const out = this.#out
    let temporality = 0
    let isMonotonic = false
    while (wire.at < end) {
      const tag = wire.tag(end)
      const isSum = type === 0x3a
      if (tag === 0x0a) wire.at = wire.length(end)
      else if (tag === 0x10 && type !== 0x2a && type !== 0x5a) temporality = wire.varint(end) | 0
      else if (tag === 0x18 && isSum) isMonotonic = (wire.varint(end) | wire.high) !== 0
      else wire.skip(tag, end, DATA_FIELDS[type]!)
    }
    if (type === 0x2a || type === 0x5a) return
    const known = TEMPORALITIES[temporality]
    if (known !== undefined) out.ascii(known)
    else {
      out.ascii(TEMPORALITY)
      out.int32(temporality)
    }
    if (isMonotonic) out.ascii(MONOTONIC)
  }

  #definition(name: Uint8Array): MetricDefinition {
    const out = this.#out
    const key = Buffer.from(out.bytes.buffer, 0, out.length).toString('latin1')
    let definition = this.#known.get(key)
    if (definition === undefined) {
      definition = { ...define('metric', out), name }
      if (this.#known.size >= DEFINITIONS_MAX) this.#known.clear()
      this.#known.set(key, definition)
    }
    return definition
  }
}
