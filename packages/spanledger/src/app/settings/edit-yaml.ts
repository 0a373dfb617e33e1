import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml'

export type Scalar = string | number | boolean

/** The document cannot be changed without touching what a person wrote; says where. */
export class EditRefusedError extends Error {
  readonly code = 'CONFIG_EDIT'
  constructor(message: string) {
    super(message)
    this.name = 'EditRefusedError'
  }
}

/**
 * Sets one value in a YAML document and leaves every other byte as it is: comments, blank lines, quotes, the order of keys.
 *
 * The library's own printing would not: it normalises blanks before comments, indentation and long lines. So only places are taken
 * from its parse, and text is put there.
 *
 * Errors  EditRefusedError where a key on the way holds something else than keys
 */
export function setInYaml(text: string, path: readonly string[], value: Scalar): string {
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) throw new EditRefusedError(document.errors[0]!.message)
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const root = document.contents
  if (root === null || (isScalar(root) && root.value === null))
    return append(text, block(path, value, 0, eol), eol)
  if (!isMap(root)) throw new EditRefusedError('the file holds no keys')
  return descend(text, root, path, value, eol)
}

function descend(text: string, map: YAMLMap, path: readonly string[], value: Scalar, eol: string): string {
  const [first, ...rest] = path as [string, ...string[]]
  const pair = map.items.find(({ key }) => isScalar(key) && key.value === first)
  if (pair === undefined) return insert(text, map, path, value, eol)
  const node = pair.value
  if (isMap(node) && rest.length > 0) return descend(text, node, rest, value, eol)
  const refuse = (): never => {
    throw new EditRefusedError(`${first} holds something else than ${rest.length > 0 ? 'keys' : 'one value'}`)
  }
  const isEmpty = node === null || (isScalar(node) && node.value === null && node.source === '')
  if (isEmpty) {
    const colon = text.indexOf(':', endOf(pair.key)) + 1
    if (rest.length === 0) return splice(text, colon, colon, ` ${inline(value)}`)
    if (map.flow === true) return splice(text, colon, colon, ` ${flow(rest, value)}`)
    return splice(
      text,
      endOfLine(text, colon),
      endOfLine(text, colon),
      eol + block(rest, value, columnOf(text, pair) + 2, eol),
    )
  }
  if (!isScalar(node) || rest.length > 0 || node.anchor !== undefined || node.tag !== undefined)
    return refuse()
  // Text of several lines ends with its line; a person who wrote that shall change it.
  if (node.type?.startsWith('BLOCK') === true) return refuse()
  return splice(text, node.range![0], node.range![1], inline(value))
}

function insert(text: string, map: YAMLMap, path: readonly string[], value: Scalar, eol: string): string {
  const last = map.items.at(-1)
  if (map.flow === true) {
    if (last === undefined)
      return splice(text, map.range![0] + 1, map.range![0] + 1, flow(path, value, ' ', ' '))
    const end = endOfPair(last)
    return splice(text, end, end, `, ${flow(path, value, '', '')}`)
  }
  const end = endOfLine(text, endOfPair(last!))
  return splice(text, end, end, eol + block(path, value, columnOf(text, map.items[0]!), eol))
}

const endOf = (node: unknown): number => (node as { range?: [number, number, number] }).range?.[1] ?? 0

/** Behind the last character of a pair that is no comment, blank or line end. */
function endOfPair({ key, value }: Pair): number {
  if (isMap(value) && value.flow !== true && value.items.length > 0) return endOfPair(value.items.at(-1)!)
  return value === null ? endOf(key) + 1 : Math.max(endOf(key) + 1, endOf(value))
}

const columnOf = (text: string, { key }: Pair): number => {
  const [start] = (key as { range: [number, number, number] }).range
  return start - (text.lastIndexOf('\n', start - 1) + 1)
}

/** The end of the line that holds the character before `at`. */
function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', Math.max(0, at - 1))
  if (end === -1) return text.length
  return text[end - 1] === '\r' ? end - 1 : end
}

const splice = (text: string, from: number, to: number, put: string): string =>
  text.slice(0, from) + put + text.slice(to)

function append(text: string, added: string, eol: string): string {
  const gap = text === '' || text.endsWith('\n') ? '' : eol
  return `${text}${gap}${added}${eol}`
}

/** The path as keys below each other. */
const block = (path: readonly string[], value: Scalar, indent: number, eol: string): string =>
  path
    .map(
      (key, i) => `${' '.repeat(indent + 2 * i)}${key}:${i === path.length - 1 ? ` ${inline(value)}` : ''}`,
    )
    .join(eol)

/** The path in braces. */
const flow = (path: readonly string[], value: Scalar, open = '{ ', close = ' }'): string =>
  `${open}${path.map((key, i) => `${key}: ${i === path.length - 1 ? inline(value) : '{ '}`).join('')}${' }'.repeat(path.length - 1)}${close}`

/** Text without quotes where nobody could read it as anything else. */
const inline = (value: Scalar): string =>
  typeof value !== 'string' ||
  /^(?!(?:true|false|null|yes|no|on|off)$)[A-Za-z/][\w./-]*(?::\/\/[\w.:/-]+)?$/i.test(value)
    ? String(value)
    : JSON.stringify(value)
