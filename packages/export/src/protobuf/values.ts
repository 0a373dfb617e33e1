import type { AttributeList, AttributeValue } from '@spanledger/sdk/record'
import { isInteger } from '../numbers.ts'
import type { ProtobufWriter } from './writer.ts'

/** Fields of KeyValue and AnyValue. Source: opentelemetry/proto/common/v1/common.proto */
const KEY = 1
const VALUE = 2
const STRING = 1
const BOOL = 2
const INT = 3
const DOUBLE = 4
const ARRAY = 5
const KVLIST = 6
const BYTES = 7
/** Of ArrayValue and KeyValueList. */
const VALUES = 1

export function writeAttributes(out: ProtobufWriter, field: number, attributes: AttributeList): void {
  for (let i = 0; i < attributes.length; i += 2)
    writePair(out, field, attributes[i] as string, attributes[i + 1] as AttributeValue)
}

function writePair(out: ProtobufWriter, field: number, key: string, value: AttributeValue): void {
  const pair = out.begin(field)
  out.string(KEY, key)
  writeValue(out, VALUE, value)
  out.end(pair)
}

/** An AnyValue; null is one in which nothing is set. */
export function writeValue(out: ProtobufWriter, field: number, value: AttributeValue): void {
  const any = out.begin(field)
  if (typeof value === 'string') out.string(STRING, value)
  else if (typeof value === 'number') {
    if (isInteger(value)) out.int64(INT, value)
    else out.double(DOUBLE, value)
  } else if (typeof value === 'boolean') out.bool(BOOL, value)
  else if (typeof value === 'bigint') out.int64(INT, value)
  else if (value instanceof Uint8Array) out.bytes(BYTES, value)
  else if (isList(value)) {
    const list = out.begin(ARRAY)
    for (const item of value) writeValue(out, VALUES, item)
    out.end(list)
  } else if (value !== null) {
    const map = out.begin(KVLIST)
    for (const key of Object.keys(value)) writePair(out, VALUES, key, value[key]!)
    out.end(map)
  }
  out.end(any)
}

const isList = (value: AttributeValue): value is readonly AttributeValue[] => Array.isArray(value)
