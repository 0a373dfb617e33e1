import { type OriginLine, plainAttributes } from '@spanledger/sdk/model'
import type { Redactor } from '@spanledger/sdk/redact'
import { define, type Definition } from './definition.ts'
import type { KeyTable } from './key-table.ts'
import { DEFINITIONS_MAX } from './limits.ts'
import { LineWriter, literal } from './line-writer.ts'
import { Values } from './values.ts'
import { Wire } from './wire.ts'

export interface Origin extends Definition {
  isAgent: boolean
}

/** The bytes that name an origin: Resource and InstrumentationScope messages, and both schema URLs. */
export interface OriginBytes {
  resource: Uint8Array
  resourceSchemaUrl: Uint8Array
  scope: Uint8Array
  scopeSchemaUrl: Uint8Array
}

const RESOURCE = literal(',"resource":{')
const SCOPE = literal(',"scope":{')
const ATTRS = literal('"attrs":')
const DROPPED = literal('"dropped":')
const ENTITIES = literal('"entities":[')
const SCHEMA_URL = literal('"schemaUrl":')
const NAME = literal('"name":')
const VERSION = literal('"version":')
const TYPE = literal('{"type":')
const ID_KEYS = literal('"idKeys":[')
const DESCRIPTION_KEYS = literal('"descriptionKeys":[')

/** Definitions of resource and scope, each made once: senders repeat the same bytes in every request. */
export class Origins {
  readonly #known = new Map<string, Origin>()
  readonly #wire = new Wire()
  readonly #out: LineWriter
  readonly #values: Values
  readonly #isAgent: (serviceName: string, scopeName: string) => boolean

  constructor(
    redactor: Redactor,
    keys: KeyTable,
    isAgent: (serviceName: string, scopeName: string) => boolean,
  ) {
    this.#out = new LineWriter(redactor)
    this.#values = new Values(this.#wire, this.#out, keys, redactor)
    this.#isAgent = isAgent
  }

  /** Errors: MalformedOtlpError; LINE_TOO_LONG. */
  of(bytes: OriginBytes): Origin {
    const { resource, resourceSchemaUrl, scope, scopeSchemaUrl } = bytes
    const content = [resource, resourceSchemaUrl, scope, scopeSchemaUrl].map(latin1).join('')
    const key = `${resource.length} ${resourceSchemaUrl.length} ${scope.length} ${content}`
    let origin = this.#known.get(key)
    if (origin === undefined) {
      origin = this.#define(bytes)
      if (this.#known.size >= DEFINITIONS_MAX) this.#known.clear()
      this.#known.set(key, origin)
    }
    return origin
  }

  #define({ resource, resourceSchemaUrl, scope, scopeSchemaUrl }: OriginBytes): Origin {
    const out = this.#out
    out.reset()
    this.#values.renew()
    this.#part(RESOURCE, () => {
      this.#wire.open(resource)
      this.#resource(resource.length)
      this.#schemaUrl(resourceSchemaUrl)
    })
    this.#part(SCOPE, () => {
      this.#wire.open(scope)
      this.#scope(scope.length)
      this.#schemaUrl(scopeSchemaUrl)
    })
    out.checkLimit()
    const definition = define('origin', out)
    const line = JSON.parse(definition.line.toString()) as Omit<OriginLine, 'origin'>
    const serviceName = plainAttributes(line.resource?.attrs)?.['service.name']
    const isAgent = this.#isAgent(typeof serviceName === 'string' ? serviceName : '', line.scope?.name ?? '')
    return { ...definition, isAgent }
  }

  /** An object that is left out again when nothing was written into it. */
  #part(open: Uint8Array, write: () => void): void {
    const out = this.#out
    const begin = out.length
    out.ascii(open)
    const inside = out.length
    write()
    if (out.length === inside) out.length = begin
    else out.close(0x7d)
  }

  #schemaUrl(url: Uint8Array): void {
    if (url.length === 0) return
    this.#out.ascii(SCHEMA_URL)
    this.#out.string(url, 0, url.length)
    this.#out.byte(0x2c)
  }

  #resource(end: number): void {
    const wire = this.#wire
    let hasAttributes = false
    let hasEntities = false
    let dropped = 0
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === 0x0a || tag === 0x1a) {
        if (tag === 0x0a) hasAttributes = true
        else hasEntities = true
        wire.at = wire.length(end)
      } else if (tag === 0x10) dropped = wire.varint(end)
      else wire.skip(tag, end, 0b1110)
    }
    this.#attributes(hasAttributes, end, 0x0a, dropped)
    if (hasEntities) this.#entities(end)
  }

  #scope(end: number): void {
    const wire = this.#wire
    let [nameAt, nameEnd, versionAt, versionEnd] = [0, 0, 0, 0]
    let hasAttributes = false
    let dropped = 0
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag === 0x0a || tag === 0x12 || tag === 0x1a) {
        const stop = wire.length(end)
        if (tag === 0x0a) [nameAt, nameEnd] = [wire.at, stop]
        else if (tag === 0x12) [versionAt, versionEnd] = [wire.at, stop]
        else hasAttributes = true
        wire.at = stop
      } else if (tag === 0x20) dropped = wire.varint(end)
      else wire.skip(tag, end, 0b11110)
    }
    this.#string(NAME, nameAt, nameEnd)
    this.#string(VERSION, versionAt, versionEnd)
    this.#attributes(hasAttributes, end, 0x1a, dropped)
  }

  #string(name: Uint8Array, start: number, end: number): void {
    if (start === end) return
    this.#out.ascii(name)
    this.#out.string(this.#wire.bytes, start, end)
    this.#out.byte(0x2c)
  }

  #attributes(has: boolean, end: number, tag: number, dropped: number): void {
    const out = this.#out
    if (has) {
      out.ascii(ATTRS)
      this.#values.attributes(0, end, tag)
      out.byte(0x2c)
    }
    if (dropped === 0) return
    out.ascii(DROPPED)
    out.uint(dropped)
    out.byte(0x2c)
  }

  #entities(end: number): void {
    const wire = this.#wire
    const out = this.#out
    out.ascii(ENTITIES)
    wire.at = 0
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 0x1a) {
        wire.pass(tag, end)
        continue
      }
      const stop = wire.length(end)
      out.checkLimit()
      this.#entity(wire.at, stop)
      wire.at = stop
      out.byte(0x2c)
    }
    out.close(0x5d)
    out.byte(0x2c)
  }

  #entity(from: number, end: number): void {
    const wire = this.#wire
    const out = this.#out
    const last: Record<number, [number, number]> = { 0x0a: [0, 0], 0x12: [0, 0] }
    let hasIdKeys = false
    let hasDescriptionKeys = false
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== 0x0a && tag !== 0x12 && tag !== 0x1a && tag !== 0x22) {
        wire.skip(tag, end, 0b11110)
        continue
      }
      const stop = wire.length(end)
      if (tag === 0x1a) hasIdKeys = true
      else if (tag === 0x22) hasDescriptionKeys = true
      else last[tag] = [wire.at, stop]
      wire.at = stop
    }
    out.ascii(TYPE)
    out.string(wire.bytes, ...last[0x12]!)
    out.byte(0x2c)
    if (hasIdKeys) this.#strings(ID_KEYS, from, end, 0x1a)
    if (hasDescriptionKeys) this.#strings(DESCRIPTION_KEYS, from, end, 0x22)
    this.#string(SCHEMA_URL, ...last[0x0a]!)
    out.close(0x7d)
  }

  #strings(name: Uint8Array, from: number, end: number, wanted: number): void {
    const wire = this.#wire
    const out = this.#out
    out.ascii(name)
    wire.at = from
    while (wire.at < end) {
      const tag = wire.tag(end)
      if (tag !== wanted) {
        wire.pass(tag, end)
        continue
      }
      const stop = wire.length(end)
      out.checkLimit()
      out.string(wire.bytes, wire.at, stop)
      wire.at = stop
      out.byte(0x2c)
    }
    out.close(0x5d)
    out.byte(0x2c)
  }
}

const latin1 = (bytes: Uint8Array): string =>
  bytes.length === 0 ? '' : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
