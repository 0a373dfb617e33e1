import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openHome, verifyLedger } from '../ledger/index.ts'
import { nodePlatform } from '../platform/index.ts'
import { openEventStore } from './file-event-store.ts'
import { recorded } from './testing/signal-store-contract.ts'
import { collect } from './testing/worlds.ts'

const platform = nodePlatform()
const WORKER = fileURLToPath(new URL('./testing/worker.mjs', import.meta.url))

let dir: string
beforeAll(() => {
  execFileSync(process.execPath, [
    join(import.meta.dirname, '../../../../node_modules/typescript/bin/tsc'),
    '-b',
    import.meta.dirname,
  ])
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanledger-'))
})
afterEach(() => rm(dir, { recursive: true }))

/** Why strace cannot be used here; undefined when it can. */
function whyNot(): string | undefined {
  if ('bun' in process.versions) return 'strace counts the calls of each thread, and Bun syncs on several'
  const tried = spawnSync('strace', ['-f', '-e', 'inject=fdatasync:error=EIO:when=1', 'true'], {
    encoding: 'utf8',
  })
  if (tried.error !== undefined) return `no strace: ${tried.error.message}`
  return tried.status === 0 ? undefined : `strace does not work here: ${tried.stderr.slice(0, 200)}`
}

/** What a process acknowledged in which every third fdatasync from the second on fails. */
function acknowledged(mode: 'eio-events' | 'eio-signals'): { told: string[]; refused: number } {
  const inject = [
    '-f',
    '-qq',
    '-o',
    '/dev/null',
    '-e',
    'trace=fdatasync',
    '-e',
    'inject=fdatasync:error=EIO:when=2+3',
  ]
  const { stdout, status, stderr } = spawnSync(
    'strace',
    [...inject, process.execPath, WORKER, dir, mode, 'w', '12'],
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  )
  if (status !== 0) throw new Error(stderr)
  const lines = stdout.trim().split('\n')
  return {
    told: lines.filter((line) => !line.startsWith('refused')),
    refused: lines.filter((line) => line.startsWith('refused')).length,
  }
}

describe('a disk whose fsync really fails', { timeout: 60_000 }, () => {
  test('events: what was acknowledged is there once, what was refused is not', async ({ skip }) => {
    const reason = whyNot()
    if (reason !== undefined) skip(reason)
    const { told, refused } = acknowledged('eio-events')
    expect(refused).toBeGreaterThan(0)
    const home = await openHome(platform, dir)
    const store = await openEventStore(platform, home)
    expect((await collect(store.readAll())).map(({ id }) => id)).toEqual(told)
    await store.close()
    expect((await collect(verifyLedger(platform, home))).slice(0, -1)).toEqual([])
  })

  test('signals: what a flush came after is there once', async ({ skip }) => {
    const reason = whyNot()
    if (reason !== undefined) skip(reason)
    const { told, refused } = acknowledged('eio-signals')
    expect(refused).toBeGreaterThan(0)
    const home = await openHome(platform, dir)
    const there = await recorded(platform, home)
    expect(told.filter((line) => there.filter((one) => one === line).length !== 1)).toEqual([])
    expect((await collect(verifyLedger(platform, home))).slice(0, -1)).toEqual([])
  })
})
