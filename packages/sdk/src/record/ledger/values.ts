import { Buffer } from 'node:buffer'
import type { AttributeList, AttributeValue } from '../data.ts'
import { literal } from './line-buffer.ts'
import type { LineBuffer } from './line-buffer.ts'

const NULL = literal('null')
const TRUE = literal('true')
const FALSE = literal('false')
const KVLIST = literal('{"$kvlist":[')
const INT = literal('{"$int":"')
const BYTES = literal('{"$bytes":"')
const QUOTE_BRACE = literal('"}')

const DOLLAR = 0x24
const COMMA = 0x2c
const DASH = 0x2d

/** An attribute list as an object. Source: ledger-format.md, "Values". */
export function writeAttributes(out: LineBuffer, list: AttributeList): void {
  for (let i = 0; i < list.length; i += 2)
    if ((list[i] as string).charCodeAt(0) === DOLLAR) return writePairs(out, list)
  out.byte(0x7b)
  for (let i = 0; i < list.length; i += 2) {
    out.name(list[i] as string)
    writeValue(out, list[i + 1]!)
    out.byte(COMMA)
  }
  out.close(0x7d)
}

/** The form for names that begin with `$`. */
function writePairs(out: LineBuffer, list: AttributeList): void {
  out.raw(KVLIST)
  out.isSuspect = true
  for (let i = 0; i < list.length; i += 2) {
    out.byte(0x5b)
    out.string(list[i] as string)
    out.byte(COMMA)
    writeValue(out, list[i + 1]!)
    out.byte(0x5d)
    out.byte(COMMA)
  }
  out.close(0x5d)
  out.byte(0x7d)
}

export function writeValue(out: LineBuffer, value: AttributeValue): void {
  switch (typeof value) {
    case 'string':
      return out.string(value)
    case 'number':
      return out.number(value)
    case 'boolean':
      return out.raw(value ? TRUE : FALSE)
    case 'bigint':
      return writeInteger(out, value)
    default:
      return writeObject(out, value)
  }
}

function writeInteger(out: LineBuffer, value: bigint): void {
  if (value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER) return out.number(Number(value))
  out.raw(INT)
  out.ascii(String(value))
  out.raw(QUOTE_BRACE)
}

function writeObject(
  out: LineBuffer,
  value: Exclude<AttributeValue, string | number | boolean | bigint>,
): void {
  if (value === null) return out.raw(NULL)
  if (value instanceof Uint8Array) {
    out.isSuspect = true
    out.raw(BYTES)
    out.ascii(Buffer.from(value.buffer, value.byteOffset, value.length).toString('base64'))
    return out.raw(QUOTE_BRACE)
  }
  if (Array.isArray(value)) {
    out.byte(0x5b)
    for (const element of value as readonly AttributeValue[]) {
      // `--password`, and what stands behind it.
      if (typeof element === 'string' && element.charCodeAt(0) === DASH) out.isSuspect = true
      writeValue(out, element)
      out.byte(COMMA)
    }
    return out.close(0x5d)
  }
  // flat(1) opens the pairs only: a value that is an array stays one.
  writeAttributes(out, Object.entries(value).flat(1))
}
