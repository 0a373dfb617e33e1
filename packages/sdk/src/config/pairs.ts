import type { Kind } from './kind.ts'
import type { MapEntry, Node } from './yaml/node.ts'

export type AttributeSetting = string | number | boolean | (string | number | boolean)[]

/** Header values, and attributes in variables, come as `name=value,name=value` with percent signs for what has a meaning. */
function pairsIn(text: string): [string, string][] | undefined {
  const pairs: [string, string][] = []
  for (const part of text.split(',')) {
    if (part.trim() === '') continue
    const at = part.indexOf('=')
    const name = decoded(part.slice(0, at).trim())
    const value = decoded(part.slice(at + 1).trim())
    if (at < 1 || name === undefined || name === '' || value === undefined) return undefined
    pairs.push([name, value])
  }
  return pairs
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
// oxlint-disable-next-line no-control-regex -- what may not stand in a header
const HEADER_VALUE = /^[^\u0000-\u0008\u000a-\u001f\u007f]*$/

const isHeader = ([name, value]: [string, string]): boolean =>
  HEADER_NAME.test(name) && HEADER_VALUE.test(value)

/** Headers; names in lower case. */
export const headers: Kind<Record<string, string>> = {
  takes: 'a map of names and texts, or name=value,name=value',
  read(node, { tell }) {
    const pairs = scalarPairs(node)
    // The text is not repeated: it may hold a key.
    if (pairs?.every(isHeader) === true)
      return Object.fromEntries(pairs.map(([name, value]) => [name.toLowerCase(), value]))
    tell(
      node,
      'BAD_VALUE',
      'these are no headers',
      'write name=value,name=value, with %2C for a comma in a value',
    )
    return undefined
  },
}

/** Attributes of the resource. */
export const attributes: Kind<Record<string, AttributeSetting>> = {
  takes: 'a map of names and values, or name=value,name=value',
  merges: true,
  read(node, { tell }) {
    if (node.kind === 'map') {
      const members = node.entries.flatMap((entry) => {
        const value = attributeOf(entry)
        if (value === undefined && !isNull(entry.value))
          tell(
            entry,
            'BAD_VALUE',
            `${entry.key} is no attribute`,
            'write text, a number, true, false, or a list of one of these',
          )
        return value === undefined ? [] : [[entry.key, value] as const]
      })
      return Object.fromEntries(members)
    }
    const pairs = scalarPairs(node)
    if (pairs === undefined)
      tell(
        node,
        'BAD_VALUE',
        'these are no attributes',
        'write name=value,name=value, with %2C for a comma in a value',
      )
    return pairs && Object.fromEntries(pairs)
  },
}

const isNull = (node: Node): boolean => node.kind === 'scalar' && node.value === null

function attributeOf({ value }: MapEntry): AttributeSetting | undefined {
  if (value.kind === 'scalar') return value.value ?? undefined
  if (value.kind === 'map') return undefined
  const items = value.items.map((item) => (item.kind === 'scalar' ? item.value : null))
  const type = typeof items[0]
  return items.every((item): item is string | number | boolean => item !== null && typeof item === type)
    ? items
    : undefined
}

/** A map of scalars as pairs, or text of pairs. */
function scalarPairs(node: Node): [string, string][] | undefined {
  if (node.kind === 'scalar') return pairsIn(node.text)
  if (node.kind === 'list') return undefined
  const pairs: [string, string][] = []
  for (const { key, value } of node.entries) {
    if (value.kind !== 'scalar') return undefined
    if (value.value !== null) pairs.push([key, value.text])
  }
  return pairs
}
