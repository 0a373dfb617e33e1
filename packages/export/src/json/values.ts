import { Buffer } from 'node:buffer'
import type { AttributeList, AttributeValue } from '@spanledger/sdk/record'
import { isInteger } from '../numbers.ts'

/** As JSON text; a lone surrogate, which UTF-8 cannot hold, as U+FFFD. */
export function quoted(text: string): string {
  const json = JSON.stringify(text)
  // JSON.stringify escapes lone surrogates and nothing else so.
  return json.includes('\\ud') ? JSON.stringify(text.replaceAll(/\p{Surrogate}/gu, '\ufffd')) : json
}

/** Protobuf's JSON for doubles has words where JSON has no numbers. */
export function number(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return `"${value}"`
}

/** `"name":[...]` for a list of KeyValue, with a comma before it; nothing when it is empty. */
export function attributesField(attributes: AttributeList, name = 'attributes'): string {
  return attributes.length === 0 ? '' : `,"${name}":${attributesList(attributes)}`
}

function attributesList(attributes: AttributeList): string {
  let json = '['
  for (let i = 0; i < attributes.length; i += 2) {
    if (i > 0) json += ','
    json += pair(attributes[i] as string, attributes[i + 1] as AttributeValue)
  }
  return `${json}]`
}

const pair = (key: string, value: AttributeValue): string =>
  `{"key":${quoted(key)},"value":${anyValue(value)}}`

export function anyValue(value: AttributeValue): string {
  if (typeof value === 'string') return `{"stringValue":${quoted(value)}}`
  if (typeof value === 'number')
    return isInteger(value) ? `{"intValue":"${value}"}` : `{"doubleValue":${number(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`
  if (value === null) return '{}'
  if (value instanceof Uint8Array) return `{"bytesValue":"${base64(value)}"}`
  if (isList(value)) return `{"arrayValue":{"values":[${value.map(anyValue).join(',')}]}}`
  const pairs = Object.keys(value).map((key) => pair(key, value[key]!))
  return `{"kvlistValue":{"values":[${pairs.join(',')}]}}`
}

const base64 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

const isList = (value: AttributeValue): value is readonly AttributeValue[] => Array.isArray(value)

/** Nanoseconds since 1970 as decimal digits in quotes, exact. */
export function time(seconds: number, nanos: number): string {
  if (seconds < 0) return `"${BigInt.asUintN(64, BigInt(seconds) * 1_000_000_000n + BigInt(nanos))}"`
  return seconds === 0 ? `"${nanos}"` : `"${seconds}${String(nanos).padStart(9, '0')}"`
}

/** `,"name":value` unless the value is 0. */
export const count = (name: string, value: number): string => (value === 0 ? '' : `,"${name}":${value}`)

/** `,"name":"value"` unless the value is empty. */
export const text = (name: string, value: string): string =>
  value === '' ? '' : `,"${name}":${quoted(value)}`
