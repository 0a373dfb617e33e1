import { BYTES, Fields, FIXED64, PACKED_FIXED64, PACKED_VARINT, VARINT } from './fields.ts'
import { isZero, SPAN_ID_BYTES, TRACE_ID_BYTES } from './ids.ts'
import { literal, type LineWriter } from './line-writer.ts'
import type { MetricDefinition } from './metrics.ts'
import type { Values } from './values.ts'
import type { Wire } from './wire.ts'

const POINT = literal('{"point":')
const TIME = literal(',"time":"')
const START = literal(',"start":"')
const QUOTE = literal('"')
const VALUE = literal(',"value":')
const COUNT = literal(',"count":')
const SUM = literal(',"sum":')
const MIN = literal(',"min":')
const MAX = literal(',"max":')
const BOUNDS = literal(',"bounds":[')
const COUNTS = literal(',"counts":[')
const SCALE = literal(',"scale":')
const ZERO_COUNT = literal(',"zeroCount":')
const ZERO_THRESHOLD = literal(',"zeroThreshold":')
const POSITIVE = literal(',"positive":{')
const NEGATIVE = literal(',"negative":{')
const OFFSET = literal('"offset":')
const BUCKET_COUNTS = literal('"counts":[')
const QUANTILES = literal(',"quantiles":[')
const QUANTILE = literal('{"q":')
const QUANTILE_VALUE = literal(',"v":')
const EXEMPLARS = literal(',"exemplars":[')
const EXEMPLAR_VALUE = literal('"value":')
const EXEMPLAR_TIME = literal('"time":"')
const FLAGS = literal(',"flags":')
const ATTRS = literal(',"attrs":')
const TRACE = literal(',"trace":"')
const SPAN = literal(',"span":"')

/** Fields that mean the same in all kinds of points. */
const START_TIME = 2
const TIME_FIELD = 3
const COUNT_FIELD = 4
const SUM_FIELD = 5

/** By the tag of Metric's oneof `data`: the wire types of its points' fields, and where the shared ones stand. */
interface Layout {
  types: readonly number[]
  attributes: number
  flags: number
  exemplars: number
  min: number
  max: number
}

const NUMBER: Layout = {
  types: [0, 0, FIXED64, FIXED64, FIXED64, BYTES, FIXED64, BYTES, VARINT],
  attributes: 7,
  flags: 8,
  exemplars: 5,
  min: 0,
  max: 0,
}
const HISTOGRAM: Layout = {
  types: [
    0,
    0,
    FIXED64,
    FIXED64,
    FIXED64,
    FIXED64,
    PACKED_FIXED64,
    PACKED_FIXED64,
    BYTES,
    BYTES,
    VARINT,
    FIXED64,
    FIXED64,
  ],
  attributes: 9,
  flags: 10,
  exemplars: 8,
  min: 11,
  max: 12,
}
const EXPONENTIAL: Layout = {
  types: [0, BYTES, FIXED64, FIXED64, FIXED64, FIXED64, VARINT, FIXED64, BYTES, BYTES].concat([
    VARINT,
    BYTES,
    FIXED64,
    FIXED64,
    FIXED64,
  ]),
  attributes: 1,
  flags: 10,
  exemplars: 11,
  min: 12,
  max: 13,
}
const SUMMARY: Layout = {
  types: [0, 0, FIXED64, FIXED64, FIXED64, FIXED64, BYTES, BYTES, VARINT],
  attributes: 7,
  flags: 8,
  exemplars: 0,
  min: 0,
  max: 0,
}
const LAYOUTS: Record<number, Layout> = {
  0x2a: NUMBER,
  0x3a: NUMBER,
  0x4a: HISTOGRAM,
  0x52: EXPONENTIAL,
  0x5a: SUMMARY,
}

const EXEMPLAR_TYPES = [0, 0, FIXED64, FIXED64, BYTES, BYTES, FIXED64, BYTES]
const QUANTILE_TYPES = [0, FIXED64, FIXED64]
const BUCKETS_TYPES = [0, VARINT, PACKED_VARINT]

/** Data points to point lines. Source: opentelemetry/proto/metrics/v1/metrics.proto; ledger-format.md, "Metric points". */
export class Points {
  readonly #wire: Wire
  readonly #out: LineWriter
  readonly #values: Values
  readonly #point = new Fields()
  readonly #inner = new Fields()

  constructor(values: Values) {
    this.#wire = values.wire
    this.#out = values.out
    this.#values = values
  }

  /** Writes the line of the data point in [from, end) without its end. */
  write(type: number, metric: MetricDefinition, from: number, end: number): void {
    const out = this.#out
    const point = this.#point
    const layout = LAYOUTS[type]!
    point.scan(this.#wire, from, end, layout.types)
    out.ascii(POINT)
    out.raw(metric.name)
    out.ascii(metric.reference)
    out.ascii(TIME)
    this.#uint64(TIME_FIELD)
    out.ascii(QUOTE)
    if (
      point.has(START_TIME) &&
      !isZero(this.#wire.bytes, point.at[START_TIME]!, point.at[START_TIME]! + 8)
    ) {
      out.ascii(START)
      this.#uint64(START_TIME)
      out.ascii(QUOTE)
    }
    if (layout === NUMBER) this.#number(VALUE, point, 4, 6)
    else this.#distribution(layout, end)
    if (layout.exemplars !== 0 && point.has(layout.exemplars)) this.#exemplars(layout.exemplars)
    if (point.has(layout.flags)) {
      this.#wire.at = point.at[layout.flags]!
      out.numberMember(FLAGS, this.#wire.varint(end))
    }
    if (point.has(layout.attributes)) {
      out.ascii(ATTRS)
      this.#values.attributes(
        point.first[layout.attributes]!,
        point.stop[layout.attributes]!,
        (layout.attributes << 3) | 2,
      )
    }
  }

  /** The digits of a fixed64 field; 0 when it is absent. */
  #uint64(field: number, asCount = false): void {
    const wire = this.#wire
    let low = 0
    wire.high = 0
    if (this.#point.has(field)) {
      wire.at = this.#point.at[field]!
      low = wire.fixed64(this.#point.stop[field]!)
    }
    if (asCount) this.#out.count64(wire.high, low)
    else this.#out.uint64(wire.high, low)
  }

  /** A oneof of a double and a signed integer: the later one counts. */
  #number(name: Uint8Array, fields: Fields, double: number, int: number): boolean {
    if (!fields.has(double) && !fields.has(int)) return false
    const wire = this.#wire
    this.#out.ascii(name)
    if (fields.has(double) && (!fields.has(int) || fields.at[double]! > fields.at[int]!)) {
      wire.at = fields.at[double]!
      this.#out.double(wire.double(fields.stop[double]!))
    } else {
      wire.at = fields.at[int]!
      const low = wire.fixed64(fields.stop[int]!)
      this.#out.int64(wire.high, low)
    }
    return true
  }

  /** A double field of the point, if it is there. */
  #double(name: Uint8Array, field: number): void {
    if (field === 0 || !this.#point.has(field)) return
    this.#out.ascii(name)
    this.#out.double(this.#wire.view.getFloat64(this.#point.at[field]!, true))
  }

  #distribution(layout: Layout, end: number): void {
    const wire = this.#wire
    const out = this.#out
    const point = this.#point
    out.ascii(COUNT)
    this.#uint64(COUNT_FIELD, true)
    if (layout === SUMMARY && !point.has(SUM_FIELD)) {
      // A summary's sum cannot be absent, only 0.
      out.ascii(SUM)
      out.double(0)
    } else this.#double(SUM, SUM_FIELD)
    this.#double(MIN, layout.min)
    this.#double(MAX, layout.max)
    if (layout === HISTOGRAM) {
      this.#list(BOUNDS, point, 7, () => out.double(wire.double(end)))
      this.#list(COUNTS, point, 6, () => {
        const low = wire.fixed64(end)
        out.count64(wire.high, low)
      })
    } else if (layout === EXPONENTIAL) this.#exponential(end)
    else if (point.has(6)) this.#quantiles()
  }

  #exponential(end: number): void {
    const wire = this.#wire
    const out = this.#out
    const point = this.#point
    if (point.has(6)) {
      wire.at = point.at[6]!
      const scale = zigzag(wire.varint(end))
      if (scale !== 0) {
        out.ascii(SCALE)
        out.int32(scale)
      }
    }
    if (point.has(7) && !isZero(wire.bytes, point.at[7]!, point.at[7]! + 8)) {
      out.ascii(ZERO_COUNT)
      this.#uint64(7, true)
    }
    if (point.has(14) && !isZero(wire.bytes, point.at[14]!, point.at[14]! + 8))
      this.#double(ZERO_THRESHOLD, 14)
    this.#buckets(POSITIVE, 8)
    this.#buckets(NEGATIVE, 9)
  }

  /** Sent in parts, the later offset counts and the counts add up: the parts lie between `first` and `stop`. */
  #buckets(name: Uint8Array, field: number): void {
    const wire = this.#wire
    const out = this.#out
    if (!this.#point.has(field)) return
    const buckets = this.#inner
    const begin = out.length
    wire.within(this.#joined(field), (end) => {
      buckets.scan(wire, 0, end, BUCKETS_TYPES)
      out.ascii(name)
      const inside = out.length
      if (buckets.has(1)) {
        wire.at = buckets.at[1]!
        const offset = zigzag(wire.varint(end))
        if (offset !== 0) {
          out.ascii(OFFSET)
          out.int32(offset)
          out.byte(0x2c)
        }
      }
      this.#list(BUCKET_COUNTS, buckets, 2, () => {
        const low = wire.varint(end)
        out.count64(wire.high, low)
      })
      if (out.length === inside) out.length = begin
      else out.close(0x7d)
    })
  }

  #joined(field: number): Uint8Array {
    const parts: Uint8Array[] = []
    this.#each(this.#point, field, (stop) => parts.push(this.#wire.bytes.subarray(this.#wire.at, stop)))
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }

  /** Visits every occurrence of a length-delimited field. */
  #each(fields: Fields, field: number, visit: (stop: number) => void): void {
    const wire = this.#wire
    const end = fields.stop[field]!
    wire.at = fields.first[field]!
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== ((field << 3) | 2)) {
        wire.pass(tag, end)
        continue
      }
      const stop = wire.length(end)
      visit(stop)
      wire.at = stop
    }
  }

  /** Repeated numbers, packed or not; `write` reads one at `wire.at`. Nothing when there are none. */
  #list(name: Uint8Array, fields: Fields, field: number, write: () => void): void {
    if (!fields.has(field)) return
    const wire = this.#wire
    const out = this.#out
    const begin = out.length
    out.ascii(name)
    const inside = out.length
    const end = fields.stop[field]!
    wire.at = fields.first[field]!
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag >>> 3 !== field) {
        wire.pass(tag, end)
        continue
      }
      let stop = wire.at + 1
      if ((tag & 7) === 2) stop = wire.length(end)
      while (wire.at < stop) {
        out.checkLimit()
        write()
        out.byte(0x2c)
      }
      if ((tag & 7) === 2 && wire.at !== stop) wire.fail('a packed list that ends inside a number')
    }
    if (out.length === inside) out.length = begin
    else out.close(0x5d)
  }

  #quantiles(): void {
    const wire = this.#wire
    const out = this.#out
    const quantile = this.#inner
    out.ascii(QUANTILES)
    this.#each(this.#point, 6, (stop) => {
      out.checkLimit()
      quantile.scan(wire, wire.at, stop, QUANTILE_TYPES)
      out.ascii(QUANTILE)
      out.double(quantile.has(1) ? wire.view.getFloat64(quantile.at[1]!, true) : 0)
      out.ascii(QUANTILE_VALUE)
      out.double(quantile.has(2) ? wire.view.getFloat64(quantile.at[2]!, true) : 0)
      out.byte(0x7d)
      out.byte(0x2c)
    })
    out.close(0x5d)
  }

  #exemplars(field: number): void {
    const out = this.#out
    out.ascii(EXEMPLARS)
    this.#each(this.#point, field, (stop) => {
      out.checkLimit()
      this.#exemplar(stop)
      out.byte(0x2c)
    })
    out.close(0x5d)
  }

  #exemplar(end: number): void {
    const wire = this.#wire
    const out = this.#out
    const exemplar = this.#inner
    exemplar.scan(wire, wire.at, end, EXEMPLAR_TYPES)
    out.byte(0x7b)
    if (this.#number(EXEMPLAR_VALUE, exemplar, 3, 6)) out.byte(0x2c)
    out.ascii(EXEMPLAR_TIME)
    let low = 0
    wire.high = 0
    if (exemplar.has(2)) {
      wire.at = exemplar.at[2]!
      low = wire.fixed64(end)
    }
    out.uint64(wire.high, low)
    out.ascii(QUOTE)
    if (exemplar.has(7)) {
      out.ascii(ATTRS)
      this.#values.attributes(exemplar.first[7]!, exemplar.stop[7]!, 0x3a)
    }
    this.#id(TRACE, exemplar, 5, TRACE_ID_BYTES)
    this.#id(SPAN, exemplar, 4, SPAN_ID_BYTES)
    out.byte(0x7d)
  }

  #id(name: Uint8Array, fields: Fields, field: number, size: number): void {
    const { bytes } = this.#wire
    const from = fields.at[field]!
    const to = fields.stop[field]!
    if (!fields.has(field) || to - from !== size || isZero(bytes, from, to)) return
    this.#out.ascii(name)
    this.#out.hex(bytes, from, to)
    this.#out.ascii(QUOTE)
  }
}

const zigzag = (value: number): number => (value >>> 1) ^ -(value & 1)
