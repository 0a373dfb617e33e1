#!/usr/bin/env node
// Makes a checkout ready: installs dependencies when they are missing or older than the lockfile, and builds what changed.
//   node tools/prepare.mjs [--install-only]
// Runs before `npm start`, `npm test` and the rest, so that each of them works in a fresh clone. Takes half a second when there
// is nothing to do.
import { spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(
    `Spanledger needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run the command again.`,
  )
  process.exit(1)
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    shell: process.platform === 'win32',
  })
  if (error) console.error(error.message)
  if (status !== 0) process.exit(status ?? 1)
}

const modified = (path) => (existsSync(path) ? statSync(path).mtimeMs : 0)
const installed = modified(`${root}node_modules/.package-lock.json`)
if (installed === 0 || installed < modified(`${root}package-lock.json`)) {
  console.error('Installing dependencies ...')
  // Not `npm ci`: it refuses a lockfile in which a registry that lacks some platform's optional package left a gap. The lockfile is
  // followed all the same, and not written. No dependency needs its install script.
  run('npm', ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}
if (!process.argv.includes('--install-only')) {
  run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-b'])
  run(process.execPath, [`${root}tools/pack-spanledger.mjs`, '--if-stale'])
}
