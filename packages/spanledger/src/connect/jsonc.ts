import { SettingsError } from './errors.ts'

/** JSON as agents' settings have it, with comments and trailing commas: every value with its place in the text. */
export type Node = ObjectNode | ArrayNode | ScalarNode

interface Placed {
  start: number
  /** Behind its last character. */
  end: number
}

export interface ObjectNode extends Placed {
  kind: 'object'
  members: Member[]
}

export interface ArrayNode extends Placed {
  kind: 'array'
  members: Member[]
}

interface ScalarNode extends Placed {
  kind: 'scalar'
  value: string | number | boolean | null
}

/** A property of an object, or an item of a list. */
export interface Member extends Placed {
  /** Undefined of an item. */
  key?: string
  value: Node
  /** Of the comma behind it; undefined where there is none. */
  comma?: number
}

/** Settings are kilobytes, and nested a few levels. */
const DEPTH_MAX = 200

/**
 * The whole text as one value; undefined where there is nothing but space and comments.
 *
 * Errors  SettingsError with line and column
 */
export function parseJsonc(file: string, text: string): Node | undefined {
  let at = text.startsWith('\uFEFF') ? 1 : 0
  const fail = (message: string, where = at): never => {
    throw new SettingsError(file, text, where, message)
  }
  const skip = (): void => {
    for (;;) {
      const char = text[at]
      if (char === ' ' || char === '\t' || char === '\n' || char === '\r') at++
      else if (text.startsWith('//', at)) at = endOr(text.indexOf('\n', at), text.length)
      else if (text.startsWith('/*', at)) {
        const end = text.indexOf('*/', at + 2)
        if (end < 0) fail('this comment does not end')
        at = end + 2
      } else return
    }
  }
  const string = (): string => {
    const start = at
    for (at++; text[at] !== '"'; at++) {
      if (at >= text.length || text[at] === '\n') fail('this text does not end', start)
      if (text[at] === '\\') at++
    }
    at++
    try {
      return JSON.parse(text.slice(start, at)) as string
    } catch {
      return fail('this text is not valid', start)
    }
  }
  const members = (close: string, one: () => Member): Member[] => {
    const list: Member[] = []
    at++
    for (;;) {
      skip()
      if (text[at] === close) {
        at++
        return list
      }
      if (list.length > 0 && list.at(-1)!.comma === undefined) fail(`a comma or ${close} is missing`)
      const member = one()
      list.push(member)
      skip()
      if (text[at] === ',') member.comma = at++
    }
  }
  const value = (depth: number): Node => {
    const start = at
    if (depth > DEPTH_MAX) fail(`nested deeper than ${DEPTH_MAX}`)
    if (text[at] === '{') {
      const properties = members('}', () => {
        const from = at
        if (text[at] !== '"') fail('a key in double quotes is missing')
        const key = string()
        skip()
        if (text[at] !== ':') fail('a colon is missing')
        at++
        skip()
        return { start: from, key, value: value(depth + 1), end: at }
      })
      return { kind: 'object', members: properties, start, end: at }
    }
    if (text[at] === '[') {
      const items = members(']', () => {
        const from = at
        return { start: from, value: value(depth + 1), end: at }
      })
      return { kind: 'array', members: items, start, end: at }
    }
    if (text[at] === '"') return { kind: 'scalar', value: string(), start, end: at }
    const word = /[^\s,\]}/]+/y
    word.lastIndex = at
    const [token = ''] = word.exec(text) ?? []
    if (!/^(true|false|null|-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?)$/.test(token))
      return fail(token === '' ? 'a value is missing' : `${token.slice(0, 40)} is no value`)
    at += token.length
    return { kind: 'scalar', value: JSON.parse(token) as number, start, end: at }
  }
  skip()
  if (at === text.length) return undefined
  const root = value(0)
  skip()
  if (at < text.length) fail('there is more behind the end')
  return root
}

const endOr = (found: number, otherwise: number): number => (found < 0 ? otherwise : found)

/** As JSON.parse would have it: of two properties with one key, the last. */
export function valueOf(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'array') return node.members.map((member) => valueOf(member.value))
  const object: Record<string, unknown> = {}
  for (const { key, value } of node.members)
    Object.defineProperty(object, key!, {
      value: valueOf(value),
      enumerable: true,
      configurable: true,
      writable: true,
    })
  return object
}

/** What stands at a path, as far down as there is something: the last node, and the keys that lead on from it. */
export function lookUp(root: Node, path: readonly string[]): { node: Node; rest: string[]; member?: Member } {
  let node = root
  let member: Member | undefined
  for (const [i, key] of path.entries()) {
    const next = node.kind === 'object' ? node.members.findLast((one) => one.key === key) : undefined
    if (next === undefined) return { node, rest: path.slice(i) }
    member = next
    node = next.value
  }
  return { node, rest: [], ...(member === undefined ? {} : { member }) }
}
