// Declarations as they are published: what can be reached from the entry points, in one file, each entry naming what it exports.
// tsc writes a file for each source, most of which no user's program ever names. Comments stay with what an entry exports, which is what
// an editor shows. Exports and members marked `@internal` are left out (nobody can call such a constructor then), and all members of what is
// marked `@opaque`, which others only hand on. So is what classes implement, which changes nothing for who uses them.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'

/** The file of all declarations. */
const SHARED = 'declarations'

/**
 * @param entries Of each entry's name, the .d.ts that tsc made of it.
 * @param resolve The .d.ts that a module names in another, undefined for one that stays an import.
 * @param out     Gets `<entry>.d.ts` for each and the file they share.
 */
export function rollTypes({ entries, resolve, out }) {
  const modules = new Map()
  const moduleOf = (path) => {
    if (!modules.has(path)) modules.set(path, readModule(path))
    return modules.get(path)
  }
  /** Where a name that a module exports or knows is declared: `{ path, name }`, or `{ from, name }` in another package. */
  const lookUp = (path, name, isExport) => {
    const { imports, exports, stars, declared } = moduleOf(path)
    const next = ({ source, name: there, isType }) => {
      const target = resolve(source, path)
      const found = target === undefined ? { from: source, name: there } : lookUp(target, there, true)
      return found && { ...found, isType: found.isType || isType }
    }
    if (isExport) {
      const one = exports.get(name)
      if (one?.source !== undefined) return next(one)
      if (one !== undefined) {
        const found = lookUp(path, one.name, false)
        return found && { ...found, isType: found.isType || one.isType }
      }
      for (const { source, isType } of stars) {
        const found = next({ source, name, isType })
        if (found !== undefined) return found
      }
      return undefined
    }
    if (declared.has(name)) return { path, name, isType: false }
    return imports.has(name) ? next(imports.get(name)) : undefined
  }

  /** All that an entry exports, by name. */
  const exportsOf = (path) => {
    const { exports, stars } = moduleOf(path)
    const names = new Set(exports.keys())
    for (const { source } of stars)
      for (const name of exportsOf(resolve(source, path)).keys()) names.add(name)
    const symbols = [...names].map((name) => [name, lookUp(path, name, true)])
    return new Map(symbols.filter(([, symbol]) => !isInternal(symbol)))
  }

  const isInternal = (symbol) =>
    symbol?.path !== undefined &&
    moduleOf(symbol.path)
      .declared.get(symbol.name)
      .every(({ comment }) => INTERNAL.test(comment))

  const taken = new Map()
  const written = []
  const external = new Map()
  /** The name of a symbol in the shared file; the first call writes it there, and all that it refers to. */
  const finalName = (symbol) => {
    const { path, from, name } = symbol
    const key = `${path ?? from}#${name}`
    if (taken.has(key)) return taken.get(key)
    let free = name
    for (let n = 2; [...taken.values()].includes(free); n++) free = `${name}_${n}`
    taken.set(key, free)
    if (from === undefined) written.push(textOf(path, name, free))
    else external.set(from, [...(external.get(from) ?? []), free === name ? name : `${name} as ${free}`])
    return free
  }

  const exported = new Set()
  const textOf = (path, name, free) => {
    const isExported = exported.has(`${path}#${name}`)
    const { text, declared } = moduleOf(path)
    const pieces = declared.get(name).map(({ comment, node, id }) => {
      const hidden = hiddenParts(node, OPAQUE.test(comment), moduleOf(path))
      const edits = [...references(node)].flatMap(({ start, end, name: used, source }) => {
        if (hidden.some((part) => start >= part.start && end <= part.end)) return []
        const symbol =
          source === undefined ? lookUp(path, used, false) : lookUp(resolve(source, path), used, true)
        // Of a type parameter, or the language itself.
        return symbol === undefined ? [] : [{ start, end, by: finalName(symbol) }]
      })
      if (free !== name) edits.push({ start: id.start, end: id.start + name.length, by: free })
      let piece = text.slice(node.start, node.end)
      for (const { start, end, by } of [...edits, ...hidden].toSorted(
        (one, other) => other.start - one.start,
      ))
        piece = piece.slice(0, start - node.start) + by + piece.slice(end - node.start)
      return isExported ? `${comment}export ${piece}` : `export ${withoutComments(piece)}`
    })
    return pieces.join('\n')
  }

  mkdirSync(out, { recursive: true })
  for (const path of Object.values(entries))
    for (const symbol of exportsOf(path).values()) exported.add(`${symbol?.path}#${symbol?.name}`)
  for (const [entry, path] of Object.entries(entries)) {
    const values = []
    const types = []
    const others = new Map()
    for (const [name, symbol] of exportsOf(path)) {
      if (symbol === undefined) throw new Error(`${entry}: nothing declares ${name}`)
      if (symbol.from !== undefined) {
        others.set(symbol.from, [...(others.get(symbol.from) ?? []), as(symbol.name, name)])
        continue
      }
      ;(symbol.isType ? types : values).push(as(finalName(symbol), name))
    }
    const lines = [
      ...(values.length > 0 ? [`export { ${values.join(', ')} } from './${SHARED}.js'`] : []),
      ...(types.length > 0 ? [`export type { ${types.join(', ')} } from './${SHARED}.js'`] : []),
      ...[...others].map(([from, names]) => `export type { ${names.join(', ')} } from '${from}'`),
    ]
    writeFileSync(join(out, `${entry}.d.ts`), `${lines.join('\n') || 'export {}'}\n`)
  }
  const imports = [...external].map(([from, names]) => `import type { ${names.join(', ')} } from '${from}'\n`)
  writeFileSync(join(out, `${SHARED}.d.ts`), `${imports.join('')}${terse(written.join('\n'))}\n`)
}

const INTERNAL = /@internal\b/
const OPAQUE = /@opaque\b/

/** What of a declaration is not published, each part with what stands there instead. */
function hiddenParts(node, isOpaque, { text, comments }) {
  const parts = []
  if (node.implements?.length > 0)
    parts.push({
      start: text.lastIndexOf('implements', node.implements[0].start),
      end: node.implements.at(-1).end,
      by: '',
    })
  let before = node.body?.start
  for (const member of node.body?.body ?? []) {
    const comment = comments.findLast(({ start, end }) => start >= before && end <= member.start)
    const isPrivate = member.key?.type === 'PrivateIdentifier'
    if (!isPrivate && (isOpaque || INTERNAL.test(comment?.value ?? '')))
      parts.push({
        start: comment?.start ?? member.start,
        end: member.end,
        by: member.kind === 'constructor' ? 'private constructor();' : '',
      })
    before = member.end
  }
  return parts
}

const withoutComments = (text) => text.replaceAll(/[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n?/g, '')

const as = (name, exported) => (name === exported ? name : `${name} as ${exported}`)

/** Without what a declaration file can do without: `@opaque`, spaces for tabs, empty lines, semicolons at the end of one, `declare` behind `export`. */
const terse = (text) =>
  text
    .replaceAll(/(?:\n \*)*\s@opaque\b/g, '')
    .replaceAll(/^ +\n/gm, '')
    .replaceAll(/^(?: {4})+/gm, (spaces) => '\t'.repeat(spaces.length / 4))
    .replaceAll(/^export declare /gm, 'export ')
    .replaceAll(/;$/gm, '')

/** What a file of tsc's declares, imports and exports. */
function readModule(path) {
  const text = readFileSync(path, 'utf8')
  const { program, comments, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  const module = { text, comments, imports: new Map(), exports: new Map(), stars: [], declared: new Map() }
  let before = 0
  for (const node of program.body) {
    const isType = node.importKind === 'type' || node.exportKind === 'type'
    const comment = comments
      .filter(({ start, end, value }) => start >= before && end <= node.start && value.startsWith('*'))
      .slice(-1)
      .map(({ start, end }) => `${text.slice(start, end)}\n`)
      .join('')
    before = node.end
    const source = node.source?.value
    if (node.type === 'ImportDeclaration') {
      for (const { local, imported } of node.specifiers) {
        if (imported === undefined) throw new Error(`${path}: ${local.name} is imported as a whole`)
        module.imports.set(local.name, { source, name: imported.name, isType })
      }
    } else if (node.type === 'ExportAllDeclaration') module.stars.push({ source, isType })
    else if (node.type === 'ExportNamedDeclaration' && node.declaration === null)
      for (const { local, exported } of node.specifiers)
        module.exports.set(exported.name, { source, name: local.name, isType })
    else {
      const declaration = node.declaration ?? node
      for (const id of idsOf(declaration)) {
        const those = module.declared.get(id.name) ?? []
        module.declared.set(id.name, [...those, { comment, node: declaration, id }])
        if (node.type === 'ExportNamedDeclaration') module.exports.set(id.name, { name: id.name })
      }
    }
  }
  return module
}

const idsOf = (node) =>
  node.type === 'VariableDeclaration' ? node.declarations.map(({ id }) => id) : [node.id]

/** The names in a declaration that may be those of others: the first of each dotted name. */
function* references(node) {
  if (node === null || typeof node !== 'object') return
  if (Array.isArray(node)) {
    for (const each of node) yield* references(each)
    return
  }
  const { type } = node
  if (type === 'TSImportType') {
    yield {
      start: node.start,
      end: node.qualifier.end,
      name: node.qualifier.name,
      source: node.source.value,
    }
    yield* references(node.typeArguments)
    return
  }
  const named =
    type === 'TSTypeReference'
      ? node.typeName
      : type === 'TSTypeQuery'
        ? node.exprName
        : type === 'TSInterfaceHeritage' || type === 'TSClassImplements'
          ? node.expression
          : type === 'ClassDeclaration'
            ? node.superClass
            : undefined
  if (named) {
    let first = named
    while (first.type !== 'Identifier' && (first.left ?? first.object)) first = first.left ?? first.object
    if (first.type === 'Identifier') yield { start: first.start, end: first.end, name: first.name }
    else yield* references(named)
  }
  for (const [key, child] of Object.entries(node))
    if (!(named && child === named) && key !== 'type') yield* references(child)
}
