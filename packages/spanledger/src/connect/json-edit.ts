import type { Json } from '../agents/index.ts'
import {
  type ArrayNode,
  lookUp,
  type Member,
  type Node,
  type ObjectNode,
  parseJsonc,
  valueOf,
} from './jsonc.ts'
import { applyPatches, type Patch } from './patch.ts'

/** How a text is laid out, so that what is added looks as if it had been there. */
interface Style {
  indent: string
  eol: string
}

/** A value that stands where ours should. */
export interface InTheWay {
  path: string[]
  found: unknown
  /** Nothing of ours can stand there, or below it, while it does. */
  blocks?: true
}

/**
 * Settings as text, changed in place: whatever is not changed stays as it is, comments and order included.
 *
 * Each change reads the text anew: settings are kilobytes, and what one change moved the next one need not know.
 */
export class JsonText {
  readonly #file: string
  text: string

  /** Errors  SettingsError */
  constructor(file: string, text: string) {
    this.#file = file
    this.text = text
    this.#root()
  }

  #root(): Node | undefined {
    return parseJsonc(this.#file, this.text)
  }

  /** Undefined where nothing stands at the path. */
  get(path: readonly string[]): unknown {
    const root = this.#root()
    const found = root && lookUp(root, path)
    return found === undefined || found.rest.length > 0 ? undefined : valueOf(found.node)
  }

  /** A value where there is none. What cannot be changed, since something else stands there or above, is told. */
  set(path: readonly string[], value: Json, replace: boolean): InTheWay | undefined {
    const root = this.#rootOrNew()
    const { node, rest, member } = lookUp(root, path)
    if (rest.length > 0) return this.#addBelow(node, path, rest, value)
    if (isSame(valueOf(node), value)) return undefined
    if (!replace || member === undefined) return { path: [...path], found: valueOf(node) }
    this.#change({ at: node.start, remove: node.end - node.start, insert: this.#shown(value, path.length) })
    return undefined
  }

  /** An item at the end of the list at a path; in place of the one that holds `mark`. */
  add(path: readonly string[], item: Json, mark: string): InTheWay | undefined {
    const root = this.#rootOrNew()
    const { node, rest } = lookUp(root, path)
    if (rest.length > 0) return this.#addBelow(node, path, rest, [item])
    if (node.kind !== 'array') return { path: [...path], found: valueOf(node), blocks: true }
    const ours = itemsWith(node, mark)
    if (ours.length === 0) this.#insert(node, path.length, onOneLine(item))
    else if (!isSame(valueOf(ours[0]!.value), item))
      this.#change({
        at: ours[0]!.start,
        remove: ours[0]!.end - ours[0]!.start,
        insert: onOneLine(item),
      })
    return undefined
  }

  /** Takes the property away, where it has this value. */
  unset(path: readonly string[], value: Json): void {
    const root = this.#root()
    const found = root && lookUp(root, path)
    if (found === undefined || found.rest.length > 0 || !isSame(valueOf(found.node), value)) return
    this.#removeMember(path.slice(0, -1), found.member!)
  }

  /** Takes the items that hold `mark` out of the list at a path. */
  drop(path: readonly string[], mark: string): void {
    for (;;) {
      const root = this.#root()
      const found = root && lookUp(root, path)
      if (found === undefined || found.rest.length > 0 || found.node.kind !== 'array') return
      const [first] = itemsWith(found.node, mark)
      if (first === undefined) return
      this.#removeMember(path, first)
    }
  }

  /** Takes the property away, where it is an empty list or object. */
  prune(path: readonly string[]): void {
    const root = this.#root()
    const found = root && lookUp(root, path)
    if (found === undefined || found.rest.length > 0 || found.node.kind === 'scalar') return
    if (found.node.members.length > 0 || found.member === undefined) return
    this.#removeMember(path.slice(0, -1), found.member)
  }

  #rootOrNew(): Node {
    const root = this.#root()
    if (root !== undefined) return root
    this.text = `${this.text}{}\n`
    return this.#root()!
  }

  #addBelow(node: Node, path: readonly string[], rest: readonly string[], value: Json): InTheWay | undefined {
    if (node.kind !== 'object')
      return { path: path.slice(0, path.length - rest.length), found: valueOf(node), blocks: true }
    const [key, ...below] = rest as [string, ...string[]]
    const depth = path.length - rest.length
    const nested = below.reduceRight<Json>((inner, one) => ({ [one]: inner }), value)
    this.#insert(node, depth, `${JSON.stringify(key)}: ${this.#shown(nested, depth + 1)}`)
    return undefined
  }

  /** Behind the last member. */
  #insert(node: ObjectNode | ArrayNode, depth: number, member: string): void {
    const { indent, eol } = this.#style()
    const inner = eol + indent.repeat(depth + 1)
    const last = node.members.at(-1)
    const close = node.end - 1
    if (last === undefined && /^\s*$/.test(this.text.slice(node.start + 1, close))) {
      this.#change({
        at: node.start + 1,
        remove: close - node.start - 1,
        insert: inner + member + eol + indent.repeat(depth),
      })
      return
    }
    // In front of the space before the bracket, behind any comment there.
    const space = /\s*$/.exec(this.text.slice(0, close))![0].length
    const trailing = last?.comma !== undefined
    const comma: Patch[] = last === undefined || trailing ? [] : [{ at: last.end, remove: 0, insert: ',' }]
    const isOneLine = !this.text.slice(node.start, node.end).includes('\n')
    const insert = isOneLine ? ` ${member}` : `${inner}${member}${trailing ? ',' : ''}`
    this.text = applyPatches(this.text, [...comma, { at: close - space, remove: 0, insert }])
  }

  #removeMember(container: readonly string[], gone: Member): void {
    const { node } = lookUp(this.#root()!, container)
    if (node.kind === 'scalar') return
    const index = node.members.findIndex(({ start }) => start === gone.start)
    const before = node.members[index - 1]
    const space = /\s*$/.exec(this.text.slice(0, gone.start))![0].length
    const patches: Patch[] = [{ at: gone.start - space, remove: gone.end - gone.start + space, insert: '' }]
    if (gone.comma !== undefined) patches.push({ at: gone.comma, remove: 1, insert: '' })
    else if (before?.comma !== undefined) patches.push({ at: before.comma, remove: 1, insert: '' })
    // The only one: what is left of an object without comments is `{}`.
    if (node.members.length === 1) {
      const behind = this.text.slice((gone.comma ?? gone.end - 1) + 1, node.end - 1)
      if (gone.start - space === node.start + 1 && /^\s*$/.test(behind))
        patches.push({ at: (gone.comma ?? gone.end - 1) + 1, remove: behind.length, insert: '' })
    }
    this.text = applyPatches(this.text, patches)
  }

  #change(patch: Patch): void {
    this.text = applyPatches(this.text, [patch])
  }

  #shown(value: Json, depth: number): string {
    const { indent, eol } = this.#style()
    return shown(value, eol + indent.repeat(depth), indent)
  }

  #style(): Style {
    const indent = /\n([ \t]+)\S/.exec(this.text)?.[1] ?? '  '
    return { indent, eol: this.text.includes('\r\n') ? '\r\n' : '\n' }
  }
}

/** An object over several lines; an item of a list on one: a hook is one line of a diff. */
function shown(value: Json, newLine: string, indent: string): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const inner = newLine + indent
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${value.map((item) => inner + onOneLine(item)).join(',')}${newLine}]`
  }
  const members = Object.entries(value).map(
    ([key, item]) => `${inner}${JSON.stringify(key)}: ${shown(item, inner, indent)}`,
  )
  return members.length === 0 ? '{}' : `{${members.join(',')}${newLine}}`
}

function onOneLine(value: Json): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  const members = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${onOneLine(item)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

const itemsWith = (node: ArrayNode, mark: string): Member[] =>
  node.members.filter(({ value }) =>
    JSON.stringify(valueOf(value)).includes(JSON.stringify(mark).slice(1, -1)),
  )

const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b)

/** The order of keys means nothing. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
