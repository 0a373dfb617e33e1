#!/usr/bin/env node
// Checks the two published packages as a user would get them: publint's rules, the SDK small and without dependencies, exact
// versions, and a lockfile that names no registry.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packSdk } from './pack-sdk.mjs'
import { packSpanledger } from './pack-spanledger.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => JSON.parse(readFileSync(root + path, 'utf8'))
const faults = []

/** All that a program which imports the SDK can ever load, minified. */
const LOADED_BYTES_MAX = 160_000
/** Unpacked: that, what only `spanledger` loads, types with their comments, licence and README. */
const PACKAGE_BYTES_MAX = 450_000

const packed = `${root}packages/sdk/pack`
await packSpanledger()
const loads = await packSdk(packed)
const sizeOf = (names) => names.reduce((sum, name) => sum + statSync(`${packed}/${name}`).size, 0)
const loaded = sizeOf([
  ...new Set(['index', 'register'].flatMap((entry) => [...loads.get(entry)])),
  'last-send.js',
])
const whole = sizeOf(
  readdirSync(packed, { recursive: true }).filter((name) => statSync(`${packed}/${name}`).isFile()),
)
for (const [what, bytes, max] of [
  ['what a program loads of it', loaded, LOADED_BYTES_MAX],
  ['the package, unpacked,', whole, PACKAGE_BYTES_MAX],
])
  if (bytes > max) faults.push(`packages/sdk: ${what} has ${bytes} bytes, at most ${max} are allowed`)

for (const [name, folder] of [
  ['sdk', 'sdk/pack'],
  ['spanledger', 'spanledger/pack'],
]) {
  const manifest = read(`packages/${folder}/package.json`)
  const { messages } = await publint({ pkgDir: `${root}packages/${folder}`, strict: true })
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
if (read('packages/sdk/pack/package.json').dependencies)
  faults.push('packages/sdk: the SDK must not have dependencies')
for (const [path, { resolved }] of Object.entries(read('package-lock.json').packages)) {
  if (resolved && /^https?:/.test(resolved)) faults.push(`package-lock.json: ${path} holds an address`)
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log(`packages: fine; of the SDK's ${whole} bytes a program loads ${loaded}`)
