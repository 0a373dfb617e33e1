import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWhole, readWhole, systemCode } from './files.ts'
import { nodePlatform } from './node.ts'

const platform = nodePlatform()
const { clock, files, processes } = platform

describe('files', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'spanledger-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  test('write at a position, read back, truncate, tell what is there', async () => {
    const file = await files.open(join(dir, 'a'), 'create')
    expect(await file.write([Buffer.from('hello '), Buffer.from('world')], 0)).toBe(11)
    await file.write([Buffer.from('W')], 6)
    await file.datasync()
    const into = new Uint8Array(20)
    expect(await file.read(into, 6)).toBe(5)
    expect(Buffer.from(into.subarray(0, 5)).toString()).toBe('World')
    await file.truncate(5)
    expect([await file.bytes(), await file.read(into, 5)]).toEqual([5, 0])
    await file.close()
    expect(await files.stat(join(dir, 'a'))).toMatchObject({ bytes: 5 })
    expect(await files.stat(join(dir, 'b'))).toBeUndefined()
    expect(await readWhole(files, join(dir, 'b'))).toBeUndefined()
  })

  test('a whole file is created once, for its owner only', async () => {
    const path = join(dir, 'a')
    await createWhole(files, path, join(dir, 'a.1'), 'one')
    const second = await createWhole(files, path, join(dir, 'a.2'), 'two').catch(systemCode)
    expect(second).toBe('EEXIST')
    expect(Buffer.from((await readWhole(files, path))!).toString()).toBe('one')
    expect(await files.readdir(dir)).toEqual(['a'])
  })
})

describe('processes', () => {
  test('this one is alive; one that ended is dead, and so is one that had its pid', async () => {
    const self = await processes.self()
    expect(await processes.liveness(self)).toBe('alive')
    const child = spawn(process.execPath, ['-e', ''])
    await new Promise((resolve) => child.on('close', resolve))
    expect(await processes.liveness({ ...self, pid: child.pid! })).toBe('dead')
    expect(await processes.liveness({ ...self, started: `${self.started}0` })).toBe('dead')
    expect(await processes.liveness({ ...self, boot: 'another' })).toBe('dead')
    expect(await processes.liveness({ ...self, host: 'another' })).toBe('unknown')
  })
})

describe('the clock', () => {
  test('sleeps until it is woken', async () => {
    const end = new AbortController()
    const sleeping = clock.sleep(60_000, end.signal)
    end.abort()
    await sleeping
    await clock.sleep(60_000, end.signal)
    expect(end.signal.aborted).toBe(true)
  })

  test('tells nanoseconds of the same time it tells milliseconds of', () => {
    const before = clock.nowMs()
    const nanos = clock.nowUnixNano()
    expect(Number(nanos / 1_000_000n)).toBeGreaterThanOrEqual(before - 3)
    expect(Number(nanos / 1_000_000n)).toBeLessThanOrEqual(clock.nowMs() + 3)
  })
})
