import { ExactNumber, ExactObject, type ExactJson } from './exact-json.ts'

/** Ledger values as OTLP/JSON text. Source: ledger-format.md, "Values". */

export const anyValue = (value: ExactJson | undefined): string => {
  if (value === undefined || value === null) return '{}'
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`
  if (typeof value === 'boolean') return `{"boolValue":${value}}`
  if (value instanceof ExactNumber)
    return /[.eE]/.test(value.text) ? `{"doubleValue":${value.text}}` : `{"intValue":"${value.text}"}`
  if (Array.isArray(value)) return `{"arrayValue":{"values":[${value.map(anyValue).join(',')}]}}`
  const special = value.members.length === 1 ? value.members[0]! : undefined
  switch (special?.[0]) {
    case '$int':
      return `{"intValue":${quoted(special[1])}}`
    case '$double':
      return `{"doubleValue":${quoted(special[1])}}`
    case '$bytes':
      return `{"bytesValue":${quoted(special[1])}}`
  }
  return `{"kvlistValue":{"values":${keyValues(value)}}}`
}

/** An attribute list: `[{"key":...,"value":...}]`. */
export function keyValues(list: ExactObject): string {
  const [first] = list.members
  const pairs: [ExactJson, ExactJson | undefined][] =
    first?.[0] === '$kvlist' && Array.isArray(first[1])
      ? first[1].map((pair) => (Array.isArray(pair) ? [pair[0]!, pair[1]] : [null, undefined]))
      : list.members
  return `[${pairs.map(([key, value]) => `{"key":${quoted(key)},"value":${anyValue(value)}}`).join(',')}]`
}

const quoted = (value: ExactJson): string => JSON.stringify(typeof value === 'string' ? value : '')

/** A double outside of attributes: a number, or a string when it is not finite. */
export function doubleText(value: ExactJson): string {
  if (value instanceof ExactNumber) return value.text
  return quoted(value instanceof ExactObject ? (value.get('$double') ?? '') : value)
}

/** A 64-bit integer, always in a string as OTLP/JSON writes it. */
export const int64Text = (value: ExactJson): string =>
  JSON.stringify(
    value instanceof ExactNumber ? value.text : value instanceof ExactObject ? value.get('$int') : value,
  )
