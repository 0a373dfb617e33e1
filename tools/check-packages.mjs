#!/usr/bin/env node
// Checks the published packages as a user would get them: publint's rules, the SDK and what goes beside it small, typed and without
// dependencies, exact versions, and a lockfile that names no registry.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { pack } from './pack-sdk.mjs'
import { packSpanledger } from './pack-spanledger.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => JSON.parse(readFileSync(root + path, 'utf8'))
const faults = []

const sizeOf = (folder, names) => names.reduce((sum, name) => sum + statSync(`${folder}/${name}`).size, 0)
const within = (what, bytes, max) => {
  if (bytes > max) faults.push(`${what} has ${bytes} bytes, at most ${max} are allowed`)
}

/** Unpacked: code, types with their comments, licence and README. ADR 0029 says what they are made of. */
const PACKAGE_BYTES_MAX = { sdk: 150_000, export: 95_000, instrument: 145_000 }

await packSpanledger()
const sizes = {}
for (const [which, max] of Object.entries(PACKAGE_BYTES_MAX)) {
  const packed = `${root}packages/${which}/pack`
  await pack(which, packed)
  const files = readdirSync(packed, { recursive: true }).filter((name) =>
    statSync(`${packed}/${name}`).isFile(),
  )
  sizes[which] = sizeOf(packed, files)
  within(`packages/${which}: the package, unpacked,`, sizes[which], max)
}
for (const known of [['node'], []]) checkTypes(known)

/** What is published as types, as the compiler of a program reads it that has Node's own types, or has not. */
function checkTypes(known) {
  const types = (which) => `${root}packages/${which}/pack/types/`
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-types-'))
  const config = {
    compilerOptions: {
      target: 'es2022',
      lib: ['es2023', 'dom', 'dom.iterable'],
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: known,
      typeRoots: [`${root}node_modules/@types`],
      paths: {
        '@spanledger/sdk': [`${types('sdk')}index.d.ts`],
        '@spanledger/sdk/record': [`${types('sdk')}record.d.ts`],
      },
    },
    include: Object.keys(PACKAGE_BYTES_MAX).map(types),
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const { stdout } = spawnSync(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', folder], {
    encoding: 'utf8',
  })
  rmSync(folder, { recursive: true })
  for (const line of stdout.split('\n')) if (/pack.types.*error/.test(line)) faults.push(line)
}

for (const name of [...Object.keys(PACKAGE_BYTES_MAX), 'spanledger']) {
  const manifest = read(`packages/${name}/pack/package.json`)
  const { messages } = await publint({ pkgDir: `${root}packages/${name}/pack`, strict: true })
  for (const message of messages) faults.push(`packages/${name}: ${formatMessage(message, manifest)}`)
  for (const [dependency, version] of Object.entries({
    ...manifest.dependencies,
    ...read('package.json').devDependencies,
  })) {
    // An older one under a name of its own: npm:NAME@VERSION.
    if (!/^(?:npm:[^@]+@)?\d/.test(version))
      faults.push(`packages/${name}: ${dependency} is not pinned (${version})`)
  }
}
for (const which of Object.keys(PACKAGE_BYTES_MAX))
  if (read(`packages/${which}/pack/package.json`).dependencies)
    faults.push(`packages/${which}: it must not have dependencies`)
for (const [path, { resolved }] of Object.entries(read('package-lock.json').packages)) {
  if (resolved && /^https?:/.test(resolved)) faults.push(`package-lock.json: ${path} holds an address`)
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log(
  `packages: fine; bytes unpacked: ${Object.entries(sizes)
    .map(([name, bytes]) => `${name} ${bytes}`)
    .join(', ')}`,
)
