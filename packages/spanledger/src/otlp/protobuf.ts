import type { Redactor } from '@spanledger/sdk/redact'
import type { Definition } from './definition.ts'
import { KeyTable } from './key-table.ts'
import { LINE_BYTES_MAX, REQUEST_LINES_BYTES_MAX } from './limits.ts'
import { LINE_TOO_LONG, LineWriter } from './line-writer.ts'
import { Logs } from './logs.ts'
import { MalformedOtlpError } from './malformed.ts'
import { Metrics } from './metrics.ts'
import { Origins, type Origin, type OriginBytes } from './origins.ts'
import { Points } from './points.ts'
import { Spans } from './spans.ts'
import { Tally } from './tally.ts'
import { KIND_OF, type Signal, type Transcoded } from './transcoded.ts'
import { Values } from './values.ts'
import { joined, Wire } from './wire.ts'

const NOTHING = new Uint8Array(0)
/** Resource or scope, their children, schema URL: the same fields at both levels of all three signals. */
const LEVEL_FIELDS = 0b1110

/**
 * Export*ServiceRequest bytes to ledger lines, in one pass and without an object for any record.
 * One request at a time: buffers and tables are used again.
 */
export class Protobuf {
  readonly #wire = new Wire()
  readonly #out: LineWriter
  readonly #values: Values
  readonly #origins: Origins
  readonly #metrics: Metrics
  readonly #points: Points
  readonly #logs: Logs
  readonly #spans: Spans
  #tally = new Tally('traces')
  #signal: Signal = 'traces'
  #definitions = new Map<string, Uint8Array>()
  #redactedInDefinitions = 0
  #agents = false

  constructor(redactor: Redactor, isAgentOrigin: (serviceName: string, scopeName: string) => boolean) {
    const keys = new KeyTable(redactor)
    this.#out = new LineWriter(redactor)
    this.#values = new Values(this.#wire, this.#out, keys, redactor)
    this.#origins = new Origins(redactor, new KeyTable(redactor), isAgentOrigin)
    this.#metrics = new Metrics(redactor, new KeyTable(redactor))
    this.#points = new Points(this.#values)
    this.#logs = new Logs(this.#values, redactor)
    this.#spans = new Spans(this.#values)
  }

  transcode(signal: Signal, bytes: Uint8Array): Transcoded {
    this.#signal = signal
    this.#tally = new Tally(signal)
    this.#spans.tally = this.#tally
    this.#definitions = new Map()
    this.#redactedInDefinitions = 0
    this.#agents = false
    this.#out.reset()
    this.#values.renew()
    this.#wire.open(bytes)
    try {
      this.#request(bytes.length)
    } catch (error) {
      if (!(error instanceof MalformedOtlpError)) throw error
      throw new MalformedOtlpError(
        [this.#tally.path, error.where].filter((part) => part !== '').join(', '),
        error.reason,
      )
    }
    const { accepted, rejected, message } = this.#tally
    const redacted = this.#out.redacted + this.#redactedInDefinitions
    return {
      batch: {
        kind: KIND_OF[signal],
        lines: this.#out.take(),
        count: accepted,
        definitions: this.#definitions,
      },
      accepted,
      rejected,
      message,
      redacted,
      agents: this.#agents || this.#values.genAi,
    }
  }

  #request(end: number): void {
    const wire = this.#wire
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 0x0a) {
        wire.skip(tag, end, 0b10)
        continue
      }
      const stop = wire.length(end)
      this.#tally.enter('resource')
      this.#resource(wire.at, stop)
      wire.at = stop
    }
  }

  #resource(from: number, end: number): void {
    const level = this.#level(from, end)
    const wire = this.#wire
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 0x12) {
        wire.pass(tag, end)
        continue
      }
      const stop = wire.length(end)
      this.#tally.enter('scope')
      this.#scope(wire.at, stop, level)
      wire.at = stop
    }
  }

  #scope(from: number, end: number, resource: Level): void {
    const { head, schemaUrl, children } = this.#level(from, end)
    if (children === 0) return
    const origin = this.#origin({
      resource: resource.head,
      resourceSchemaUrl: resource.schemaUrl,
      scope: head,
      scopeSchemaUrl: schemaUrl,
    })
    const wire = this.#wire
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 0x12) {
        wire.pass(tag, end)
        continue
      }
      const stop = wire.length(end)
      this.#tally.enter('record')
      if (this.#signal === 'metrics') this.#metric(wire.at, stop, origin)
      else this.#record(wire.at, stop, origin)
      wire.at = stop
    }
  }

  /** Head and schema URL stand anywhere, the URL as a rule behind the children: they are looked for first. */
  #level(from: number, end: number): Level {
    const wire = this.#wire
    const heads: Uint8Array[] = []
    let schemaUrl: Uint8Array = NOTHING
    let children = 0
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === 0x12) {
        children++
        wire.at = wire.length(end)
      } else if (tag === 0x0a || tag === 0x1a) {
        const stop = wire.length(end)
        const content = wire.bytes.subarray(wire.at, stop)
        if (tag === 0x0a) heads.push(content)
        else schemaUrl = content
        wire.at = stop
      } else wire.skip(tag, end, LEVEL_FIELDS)
    }
    return { head: heads.length === 0 ? NOTHING : joined(heads), schemaUrl, children }
  }

  /** Undefined when it would not fit a line. */
  #origin(bytes: OriginBytes): Origin | undefined {
    try {
      return this.#origins.of(bytes)
    } catch (error) {
      if (error !== LINE_TOO_LONG) throw error
      return undefined
    }
  }

  #record(from: number, end: number, origin: Origin | undefined): void {
    const begin = this.#begin(origin)
    if (origin === undefined || begin === -1) return
    const { redacted } = this.#out
    try {
      const written = this.#signal === 'traces' ? this.#spans.write(from, end) : this.#logs.write(from, end)
      if (written) this.#end(origin, begin)
    } catch (error) {
      this.#tooLong(error, begin, redacted)
    }
  }

  #metric(from: number, end: number, origin: Origin | undefined): void {
    let head
    try {
      head = this.#metrics.head(this.#wire.bytes.subarray(from, end))
    } catch (error) {
      return this.#tooLong(error, this.#out.length, this.#out.redacted)
    }
    if (head === undefined) return
    const { definition, type, data } = head
    const wire = this.#wire
    wire.within(data, (dataEnd) => {
      while (wire.at < dataEnd) {
        const tag = wire.tag(dataEnd)
        if (tag !== 0x0a) {
          wire.pass(tag, dataEnd)
          continue
        }
        const stop = wire.length(dataEnd)
        const begin = this.#begin(origin)
        if (origin !== undefined && begin !== -1) {
          const { redacted } = this.#out
          try {
            this.#points.write(type, definition, wire.at, stop)
            if (this.#end(origin, begin)) this.#define(definition)
          } catch (error) {
            this.#tooLong(error, begin, redacted)
          }
        }
        wire.at = stop
      }
    })
  }

  /** Where the next line begins; -1 when there is no room for one, and the record is rejected. */
  #begin(origin: Origin | undefined): number {
    const out = this.#out
    if (origin === undefined)
      this.#tally.reject('', `resource and scope take more than ${LINE_BYTES_MAX} bytes as a line`)
    else if (out.length < REQUEST_LINES_BYTES_MAX) {
      out.beginLine()
      return out.length
    } else
      this.#tally.reject(
        '',
        `a request makes at most ${REQUEST_LINES_BYTES_MAX} bytes of lines; send less at once`,
      )
    return -1
  }

  #end(origin: Origin, begin: number): boolean {
    const out = this.#out
    out.ascii(origin.reference)
    if (out.length - begin > LINE_BYTES_MAX) throw LINE_TOO_LONG
    this.#tally.accepted++
    if (origin.isAgent) this.#agents = true
    this.#define(origin)
    return true
  }

  #define(definition: Definition): void {
    if (this.#definitions.has(definition.id)) return
    this.#definitions.set(definition.id, definition.line)
    this.#redactedInDefinitions += definition.redacted
  }

  #tooLong(error: unknown, begin: number, redacted: number): void {
    if (error !== LINE_TOO_LONG) throw error
    this.#out.length = begin
    this.#out.redacted = redacted
    this.#tally.reject('', `a line has at most ${LINE_BYTES_MAX} bytes`)
  }
}

/** A ResourceSpans or ScopeSpans (of any signal) without its children. */
interface Level {
  /** Resource or InstrumentationScope message. */
  head: Uint8Array
  schemaUrl: Uint8Array
  children: number
}
