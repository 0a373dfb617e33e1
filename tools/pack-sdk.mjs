#!/usr/bin/env node
// Makes the folders that are published as @spanledger/sdk and @spanledger/instrument: packages/{sdk,instrument}/pack. What tsc built
// becomes a minified file for each entry point and the parts they share, and one file of types. ADR 0027 has the measurements.
//   node tools/pack-sdk.mjs, then npm publish ./packages/sdk/pack and ./packages/instrument/pack
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { rollTypes } from './roll-types.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What programs import. The other rooms of the SDK are for this repository: `spanledger` and the instrumentations carry what they use. */
const PUBLIC = new Set(['.', './register', './record', './export', './opentelemetry-exporter'])

const PACKAGES = {
  sdk: {
    isPublic: (subpath) => PUBLIC.has(subpath),
    external: [],
    // A file of its own, since a process that ends runs it in another: export/send-now.
    also: { 'last-send': 'dist/export/last-send.js' },
    readme: 'docs/reference/sdk.md',
  },
  instrument: {
    isPublic: () => true,
    external: ['@spanledger/sdk', '@spanledger/sdk/record'],
    also: {},
    readme: 'docs/reference/sdk-instrument-http.md',
  },
}

const ENTRY = /\/(?:register|last-send)\.js$/

/**
 * Writes a package into `out`, which it empties first.
 *
 * @param which A key of PACKAGES.
 * @returns for each entry point the names of all files it can ever load.
 */
export async function pack(which, out = join(root, 'packages', which, 'pack')) {
  const folder = join(root, 'packages', which)
  const { isPublic, external, also, readme } = PACKAGES[which]
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.keys(manifest.exports)
    .filter(isPublic)
    .map((subpath) => ({
      subpath,
      name: subpath === '.' ? 'index' : subpath.slice(2),
      target: manifest.exports[subpath],
    }))
  const of = (path) => join(folder, path)

  const bundle = await rolldown({
    external: [/^node:/, /^@opentelemetry\//, ...external],
    platform: 'node',
    treeshake: { moduleSideEffects: (id) => ENTRY.test(id) },
    input: {
      ...Object.fromEntries(entries.map(({ name, target }) => [name, of(target.default)])),
      ...Object.fromEntries(Object.entries(also).map(([name, path]) => [name, of(path)])),
    },
    preserveEntrySignatures: 'allow-extension',
  })
  const { output } = await bundle.write({ dir: out, minify: true, chunkFileNames: '[name]-[hash].js' })
  await bundle.close()
  for (const chunk of output) withoutBareImports(out, chunk)

  rollTypes({
    entries: Object.fromEntries(entries.map(({ name, target }) => [name, of(target.types)])),
    resolve: (specifier, from) => typesOf(specifier, from, external),
    out: join(out, 'types'),
  })
  const exports = Object.fromEntries(
    entries.map(({ subpath, name }) => [subpath, { types: `./types/${name}.d.ts`, default: `./${name}.js` }]),
  )
  const { private: _, ...published } = manifest
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ ...published, exports }, null, 2)}\n`)
  copyFileSync(join(root, readme), join(out, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
  return new Map(entries.map(({ name }) => [name, loads(`${name}.js`, output)]))
}

/** The declarations that a module names: of this repository a file, of others undefined. */
function typesOf(specifier, from, external) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\.(?:ts|js)$/, '.d.ts'))
  const [, subpath] = /^@spanledger\/sdk(\/.*)?$/.exec(specifier) ?? []
  if (subpath === undefined || external.includes(specifier)) return undefined
  return join(root, 'packages/sdk/dist', subpath, 'index.d.ts')
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

/** The names of a chunk and of all it imports, at once or later. */
function loads(name, output, found = new Set()) {
  const chunk = output.find(({ fileName }) => fileName === name)
  if (chunk === undefined || found.has(name)) return found
  found.add(name)
  for (const next of [...chunk.imports, ...chunk.dynamicImports]) loads(next, output, found)
  return found
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const which of Object.keys(PACKAGES)) await pack(which)
