#!/usr/bin/env node
// Makes the folder that is published as spanledger: packages/spanledger/pack. What tsc built, the SDK's rooms and the libraries it uses
// become a few files: 400 modules take 70 ms longer to load. ADR 0028 has the measurements.
//   node tools/pack-spanledger.mjs [--if-stale], then npm publish ./packages/spanledger/pack
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isPackFresh } from '../packages/spanledger/bin/pack-fresh.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const home = join(root, 'packages/spanledger')
const dist = join(home, 'dist')

/** Stay dependencies: native, and loaded only for the questions that need it. */
const EXTERNAL = ['@duckdb/node-api']

/** Files of their own, since they run in a process or a thread of their own; modules find them beside themselves. */
const INPUT = {
  spanledger: join(dist, 'app/main.js'),
  'part-worker': join(dist, 'projection/part-worker.js'),
  agent: join(dist, 'app/demo/agent.js'),
  'last-send': join(root, 'packages/export/dist/last-send.js'),
}

/** Writes the package into `out`, which it empties first. */
export async function packSpanledger(out = join(home, 'pack')) {
  rmSync(out, { recursive: true, force: true })
  const bundle = await rolldown({
    input: INPUT,
    platform: 'node',
    external: [/^node:/, /^@opentelemetry\//, ...EXTERNAL],
    // Our modules do nothing when they are loaded, but for those that run.
    treeshake: {
      moduleSideEffects: (id) => id.includes('node_modules') || Object.values(INPUT).includes(id),
    },
  })
  // Two folders deep, as every room is: data and manifest are found from there as from the rooms. Names stay: they stand in what
  // a fault prints.
  const { output } = await bundle.write({
    dir: join(out, 'dist/program'),
    chunkFileNames: '[name]-[hash].js',
    minify: { compress: true, mangle: false, codegen: { removeWhitespace: true } },
  })
  await bundle.close()

  const manifest = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  const { private: _, files: __, dependencies, ...published } = manifest
  const kept = Object.fromEntries(EXTERNAL.map((name) => [name, dependencies[name]]))
  mkdirSync(join(out, 'bin'))
  writeFileSync(
    join(out, 'bin/spanledger.js'),
    "#!/usr/bin/env node\nimport '../dist/program/spanledger.js'\n",
    { mode: 0o755 },
  )
  cpSync(join(home, 'data'), join(out, 'data'), { recursive: true })
  copyFileSync(join(root, 'README.md'), join(out, 'README.md'))
  copyFileSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
  writeFileSync(join(out, 'THIRD-PARTY-LICENSES'), licencesOf(output))
  // The last: whoever finds it finds all of it.
  writeFileSync(
    join(out, 'package.json'),
    `${JSON.stringify({ ...published, dependencies: kept }, null, 2)}\n`,
  )
}

/** Where a package has no licence's text with it: what it says of itself. */
const whose = (name, author) => `by ${author?.name ?? author ?? `the authors of ${name}`}`

/** Of every library whose code is in the files: its licence wants to go with it. */
function licencesOf(output) {
  const folders = new Set()
  for (const { modules = {} } of output)
    for (const id of Object.keys(modules)) {
      const at = id.lastIndexOf('/node_modules/')
      if (at < 0) continue
      const [scope, name] = id.slice(at + '/node_modules/'.length).split('/')
      folders.add(join(id.slice(0, at), 'node_modules', scope, scope.startsWith('@') ? name : ''))
    }
  return [...folders]
    .toSorted()
    .map((folder) => {
      const { name, version, license, author } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      )
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
      const text = file === undefined ? whose(name, author) : readFileSync(join(folder, file), 'utf8').trim()
      return `${name} ${version} (${license})\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--if-stale') || !isPackFresh()) await packSpanledger()
}
