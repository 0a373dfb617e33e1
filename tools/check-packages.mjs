#!/usr/bin/env node
// Checks the two published packages as a user would get them: publint's rules, the SDK without dependencies, exact versions, and
// a lockfile that names no registry.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => JSON.parse(readFileSync(root + path, 'utf8'))
const faults = []

for (const name of ['sdk', 'spanledger']) {
  const manifest = read(`packages/${name}/package.json`)
  const { messages } = await publint({ pkgDir: `${root}packages/${name}`, strict: true })
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
if (read('packages/sdk/package.json').dependencies)
  faults.push('packages/sdk: the SDK must not have dependencies')
for (const [path, { resolved }] of Object.entries(read('package-lock.json').packages)) {
  if (resolved && /^https?:/.test(resolved)) faults.push(`package-lock.json: ${path} holds an address`)
}

for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exit(1)
console.log('packages: fine')
