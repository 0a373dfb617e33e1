#!/usr/bin/env node
// Makes the folder that is published as @spanledger/sdk: packages/sdk/pack. What tsc built becomes a minified file for each entry point
// and the parts they share, with the types of the entry points that programs use. ADR 0016 has the measurements.
//   node tools/pack-sdk.mjs, then npm publish ./packages/sdk/pack
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
const sdk = join(root, 'packages/sdk')
const dist = join(sdk, 'dist')

/** Only `spanledger`, which is compiled already, imports these: they are published without types. */
const INTERNAL = new Set(['./platform', './model', './ledger', './store', './setup'])

/** A file of its own, since a process that ends runs it in another: export/send-now. */
const LAST_SEND = { 'last-send': join(dist, 'export/last-send.js') }

const ENTRY = /\/(?:register|last-send)\.js$/
/** The one way into a room: it only names others, and holds nothing by itself. */
const ROOM = /\/index\.js$/
const BUILD = {
  external: [/^node:/, /^@opentelemetry\//],
  platform: 'node',
  treeshake: { moduleSideEffects: (id) => ENTRY.test(id) },
}

/** Modules of which something is left in a build of these entry points alone, and what those import. */
async function modulesOf(input) {
  const imports = new Map()
  const plugin = { name: 'imports', moduleParsed: ({ id, importedIds }) => void imports.set(id, importedIds) }
  const bundle = await rolldown({ ...BUILD, input, plugins: [plugin] })
  const { output } = await bundle.generate({})
  await bundle.close()
  const found = new Set()
  const add = (id) => {
    if (found.has(id) || ROOM.test(id) || !imports.has(id)) return
    found.add(id)
    for (const next of imports.get(id)) add(next)
  }
  for (const { modules } of output)
    for (const [id, { renderedLength }] of Object.entries(modules)) if (renderedLength > 0) add(id)
  return found
}

/**
 * Writes the package into `out`, which it empties first.
 *
 * @returns for each entry point the names of all files it can ever load.
 */
export async function packSdk(out = join(sdk, 'pack')) {
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8'))
  const entries = Object.keys(manifest.exports).map((subpath) => {
    const target = manifest.exports[subpath]
    return { subpath, name: subpath === '.' ? 'index' : subpath.slice(2), target }
  })

  const input = (those) => ({
    ...Object.fromEntries(those.map(({ name, target }) => [name, join(sdk, target.default)])),
    ...LAST_SEND,
  })
  const forPrograms = await modulesOf(input(entries.filter(({ subpath }) => !INTERNAL.has(subpath))))
  const bundle = await rolldown({
    ...BUILD,
    input: input(entries),
    preserveEntrySignatures: 'allow-extension',
  })
  const { output } = await bundle.write({
    dir: out,
    minify: true,
    chunkFileNames: '[name]-[hash].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name: 'internal', test: (id) => !forPrograms.has(id) && !ROOM.test(id) }],
    },
  })
  await bundle.close()
  for (const chunk of output) withoutBareImports(out, chunk)

  const typed = entries.filter(({ subpath }) => !INTERNAL.has(subpath))
  copyTypes(
    typed.map(({ target }) => join(sdk, target.types)),
    join(out, 'types'),
  )
  const exports = Object.fromEntries(
    entries.map(({ subpath, name, target }) => [
      subpath,
      {
        ...(!INTERNAL.has(subpath) && { types: `./types/${relative(dist, join(sdk, target.types))}` }),
        default: `./${name}.js`,
      },
    ]),
  )
  const { private: _, scripts: __, files: ___, ...published } = manifest
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ ...published, exports }, null, 2)}\n`)
  copyFileSync(join(root, 'docs/reference/sdk.md'), join(out, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
  return new Map(entries.map(({ name }) => [name, loads(`${name}.js`, output)]))
}

/** An import of nothing is there for what a module does when it is loaded; none of ours does anything, and what it loads costs time. */
function withoutBareImports(out, chunk) {
  const path = join(out, chunk.fileName)
  const text = readFileSync(path, 'utf8')
  const bare = new Set([...text.matchAll(/import"\.{1,2}\/([^"]+)";/g)].map(([, name]) => name))
  if (bare.size === 0 || ENTRY.test(chunk.facadeModuleId ?? '')) return
  writeFileSync(path, text.replaceAll(/import"\.{1,2}\/[^"]+";/g, ''))
  chunk.imports = chunk.imports.filter((name) => !bare.has(name))
}

/** The declarations that are reached from the entry points, as they are: an editor shows their comments. */
function copyTypes(entries, out) {
  const seen = new Set()
  const copy = (path) => {
    if (seen.has(path)) return
    seen.add(path)
    const text = readFileSync(path, 'utf8')
    const to = join(out, relative(dist, path))
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, text)
    for (const [, specifier] of text.matchAll(/(?:from |import\(|import )'(\.[^']+)'/g))
      copy(join(dirname(path), specifier.replace(/\.(?:ts|js)$/, '.d.ts')))
  }
  for (const entry of entries) copy(entry)
}

/** The names of a chunk and of all it imports, at once or later. */
function loads(name, output, found = new Set()) {
  const chunk = output.find(({ fileName }) => fileName === name)
  if (chunk === undefined || found.has(name)) return found
  found.add(name)
  for (const next of [...chunk.imports, ...chunk.dynamicImports]) loads(next, output, found)
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await packSdk()
