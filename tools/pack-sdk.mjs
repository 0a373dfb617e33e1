#!/usr/bin/env node
// Makes the folders that are published as @spanledger/sdk, @spanledger/export and @spanledger/instrument: packages/*/pack. What tsc
// built becomes a minified file for each entry point and the parts they share, and one file of types. ADR 0029 has the measurements.
//   node tools/pack-sdk.mjs, then npm publish ./packages/sdk/pack, ./packages/export/pack and ./packages/instrument/pack
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { rollTypes } from './roll-types.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** What each sees of the others: nothing of another package is carried twice. */
const SDK = ['@spanledger/sdk', '@spanledger/sdk/record', '@spanledger/sdk/setup']
const EXPORT = ['@spanledger/export/setup']

/**
 * `typed` is what programs import; `untyped` what only the other packages do. Other rooms are for this repository: who needs them carries
 * them. `files` are those that run in a process of their own.
 */
const PACKAGES = {
  sdk: {
    typed: ['.', './register', './record'],
    untyped: ['./setup'],
    external: EXPORT,
    readme: 'packages/sdk/README.md',
  },
  export: {
    typed: ['.', './opentelemetry'],
    untyped: ['./setup'],
    external: SDK,
    files: { 'last-send': 'dist/last-send.js' },
    readme: 'docs/reference/sdk-export.md',
  },
  instrument: {
    external: SDK,
    readme: 'docs/reference/sdk-instrument-http.md',
  },
}

const ENTRY = /\/(?:register|last-send)\.js$/

/**
 * Writes a package into `out`, which it empties first.
 *
 * @param which A key of PACKAGES.
 */
export async function pack(which, out = join(root, 'packages', which, 'pack')) {
  const folder = join(root, 'packages', which)
  const { typed, untyped = [], external, files = {}, readme } = PACKAGES[which]
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out, { recursive: true })
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const entries = Object.keys(manifest.exports)
    .filter((subpath) => typed === undefined || typed.includes(subpath) || untyped.includes(subpath))
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
      ...Object.fromEntries(Object.entries(files).map(([name, path]) => [name, of(path)])),
    },
    preserveEntrySignatures: 'allow-extension',
  })
  const { output } = await bundle.write({
    dir: out,
    minify: true,
    comments: { annotation: false },
    chunkFileNames: '[name]-[hash].js',
  })
  await bundle.close()
  for (const chunk of output) withoutBareImports(out, chunk)

  const described = entries.filter(({ subpath }) => !untyped.includes(subpath))
  rollTypes({
    entries: Object.fromEntries(described.map(({ name, target }) => [name, of(target.types)])),
    resolve: (specifier, from) => typesOf(specifier, from, external),
    out: join(out, 'types'),
  })
  const exports = Object.fromEntries(
    entries.map(({ subpath, name }) => [
      subpath,
      { ...(!untyped.includes(subpath) && { types: `./types/${name}.d.ts` }), default: `./${name}.js` },
    ]),
  )
  const { private: _, ...published } = manifest
  writeFileSync(join(out, 'package.json'), `${JSON.stringify({ ...published, exports })}\n`)
  copyFileSync(join(root, readme), join(out, 'README.md'))
  // Its terms, without the margin; what follows tells how to put a work under them.
  const [terms] = readFileSync(join(root, 'LICENSE'), 'utf8').split(/\n\s*APPENDIX:/)
  writeFileSync(join(out, 'LICENSE'), `${terms.replaceAll(/^ +/gm, '').trim()}\n`)
}

/** The declarations that a module names: of this repository a file, of others undefined. */
function typesOf(specifier, from, external) {
  if (specifier.startsWith('.')) return join(dirname(from), specifier.replace(/\.(?:ts|js)$/, '.d.ts'))
  const [, which, subpath = ''] = /^@spanledger\/(sdk|export)(\/.*)?$/.exec(specifier) ?? []
  if (which === undefined || external.includes(specifier)) return undefined
  return join(root, 'packages', which, 'dist', subpath, 'index.d.ts')
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

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const which of Object.keys(PACKAGES)) await pack(which)
