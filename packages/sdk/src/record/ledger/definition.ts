import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import type { MetricData, Resource, Scope } from '../data.ts'
import { literal, LineBuffer } from './line-buffer.ts'
import { writeString } from './span-line.ts'
import { writeAttributes } from './values.ts'

/** A line that others refer to by id. Source: ledger-format.md, "Definitions". */
export interface Definition {
  /** 8 characters of base64url. */
  readonly id: string
  /** Whole, with its line feed. */
  readonly line: Uint8Array
}

const NAME = literal(',"name":')
const VERSION = literal(',"version":')
const SCHEMA_URL = literal(',"schemaUrl":')
const ATTRS = literal(',"attrs":')
const UNIT = literal(',"unit":')
const DESCRIPTION = literal(',"description":')

export function originDefinition(resource: Resource, scope: Scope): Definition {
  const origin = membersOf((out) => {
    writeList(out, resource.attributes)
    writeString(out, SCHEMA_URL, resource.schemaUrl)
  })
  const part = membersOf((out) => {
    writeString(out, NAME, scope.name)
    writeString(out, VERSION, scope.version)
    writeList(out, scope.attributes)
    writeString(out, SCHEMA_URL, scope.schemaUrl)
  })
  const members = [origin && `"resource":{${origin}}`, part && `"scope":{${part}}`]
  return define('origin', members.filter((text) => text !== '').join(','))
}

export function metricDefinition(data: MetricData): Definition {
  const { name, unit, description } = data.metric
  const members = membersOf((out) => {
    out.raw(NAME)
    out.string(name)
    out.ascii(`,"type":"${data.type}"`)
    writeString(out, UNIT, unit)
    writeString(out, DESCRIPTION, description)
    if (data.type !== 'gauge') out.ascii(`,"temporality":"${data.temporality}"`)
    if (data.type === 'sum' && data.monotonic) out.ascii(',"monotonic":true')
  })
  return define('metric', members)
}

/** The id is the first 48 bits of the SHA-256 of the line without it. */
function define(kind: 'origin' | 'metric', members: string): Definition {
  const id = createHash('sha256').update(`{${members}}`).digest().subarray(0, 6).toString('base64url')
  return { id, line: Buffer.from(`{"${kind}":"${id}"${members && `,${members}`}}\n`) }
}

function writeList(out: LineBuffer, attributes: Resource['attributes']): void {
  if (attributes.length === 0) return
  out.raw(ATTRS)
  writeAttributes(out, attributes)
}

/** What `write` writes, each member behind a comma, without the first comma. */
function membersOf(write: (out: LineBuffer) => void): string {
  const out = new LineBuffer(new Uint8Array(1_024))
  write(out)
  return Buffer.from(out.bytes.buffer, 1, Math.max(0, out.length - 1)).toString('utf8')
}
