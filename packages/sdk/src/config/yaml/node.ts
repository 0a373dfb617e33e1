/**
 * One value as it was given, with its place, before anybody knows what it should be. Values of files, of the environment and of
 * code all become nodes, so that one reader per kind of value serves the three.
 */
export type Node = ScalarNode | ListNode | MapNode

export interface Place {
  /** From 1; 0 where there are no lines: the environment, code. */
  line: number
  column: number
}

export interface ScalarNode extends Place {
  kind: 'scalar'
  value: string | number | boolean | null
  /** As written, without quotes: a version 1.10 is a number to YAML, and another text than 1.1. */
  text: string
}

interface ListNode extends Place {
  kind: 'list'
  items: Node[]
}

export interface MapNode extends Place {
  kind: 'map'
  entries: MapEntry[]
}

export interface MapEntry extends Place {
  key: string
  value: Node
}

const NOWHERE: Place = { line: 0, column: 0 }

export const textNode = (text: string): ScalarNode => ({ ...NOWHERE, kind: 'scalar', value: text, text })

/**
 * A value of code as a node; undefined for what no configuration holds: functions, symbols, what is nested too deep. Undefined
 * members are left out.
 */
export function nodeOf(value: unknown, depth = 0): Node | undefined {
  if (depth > DEPTH_MAX) return undefined
  if (value === null) return { ...NOWHERE, kind: 'scalar', value, text: '' }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { ...NOWHERE, kind: 'scalar', value, text: String(value) }
  if (Array.isArray(value)) {
    const items = value.map((item) => nodeOf(item, depth + 1)).filter((item) => item !== undefined)
    return { ...NOWHERE, kind: 'list', items }
  }
  if (typeof value !== 'object') return undefined
  const entries = Object.entries(value).flatMap(([key, member]) => {
    const node = nodeOf(member, depth + 1)
    return node === undefined ? [] : [{ ...NOWHERE, key, value: node }]
  })
  return { ...NOWHERE, kind: 'map', entries }
}

/** Deeper than any schema of ours; what is deeper is refused in a file, and left out of code's values. */
export const DEPTH_MAX = 16
