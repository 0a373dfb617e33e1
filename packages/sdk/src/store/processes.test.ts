import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openHome, repairSignals, verifyLedger } from '../ledger/index.ts'
import type { Home } from '../ledger/index.ts'
import { nodePlatform, uuidFrom } from '../platform/index.ts'
import { StorageFullError } from './errors.ts'
import { openEventStore } from './file-event-store.ts'
import { openSignalStore } from './file-signal-store.ts'
import { recorded, spans, linesOf } from './testing/signal-store-contract.ts'
import { collect } from './testing/worlds.ts'

const platform = nodePlatform()
const WORKER = fileURLToPath(new URL('./testing/worker.mjs', import.meta.url))
const ROUNDS = 20

let dir: string
let home: Home

beforeAll(() => {
  execFileSync(process.execPath, [
    join(import.meta.dirname, '../../../../node_modules/typescript/bin/tsc'),
    '-b',
    import.meta.dirname,
  ])
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'spanledger-'))
  home = await openHome(platform, dir)
})
afterEach(() => rm(dir, { recursive: true }))

interface Worker {
  /** The whole lines it told. */
  told: string[]
  kill(): Promise<void>
  exited: Promise<number | null>
  /** Resolves when it has told so many lines. */
  tells(count: number): Promise<void>
}

function startWorker(mode: string, name: string, count = 0): Worker {
  const child = spawn(process.execPath, [WORKER, dir, mode, name, String(count)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const told: string[] = []
  let rest = ''
  let onTold: (() => void) | undefined
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()!
    for (const line of lines) told.push(line)
    onTold?.()
  })
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  return {
    told,
    exited,
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
    async tells(least) {
      const enough = new Promise<void>((resolve) => {
        onTold = () => told.length >= least && resolve()
        onTold()
      })
      await Promise.race([
        enough,
        exited.then((code) => Promise.reject(new Error(`the worker exited with ${code}`))),
      ])
    },
  }
}

const digests = (texts: string[]): string[] =>
  texts.map((text) => createHash('sha256').update(text).digest('hex')).toSorted()

describe('processes at work at once', () => {
  test('four that append to one stream at exact versions leave no gap', async () => {
    const workers = ['a', 'b', 'c', 'd'].map((name) => startWorker('exact', name, 50))
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual([0, 0, 0, 0])
    const versions = workers.flatMap(({ told }) => told.map(Number)).toSorted((a, b) => a - b)
    expect(versions).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    const store = await openEventStore(platform, home)
    expect((await collect(store.readStream('shared'))).map(({ version }) => version)).toEqual(versions)
    await store.close()
  })

  test('eight that write records of 10 bytes to 2 MiB lose none, and alter none', async () => {
    const workers = Array.from({ length: 8 }, (_, i) => startWorker('sizes', `writer-${i}`, 18))
    expect(await Promise.all(workers.map(({ exited }) => exited))).toEqual(Array(8).fill(0))
    const told = workers.flatMap((worker) => worker.told)
    const of = (what: string): string[] =>
      told.filter((line) => line.startsWith(`${what} `)).map((line) => line.slice(what.length + 1))
    expect(new Set(of('refused'))).toEqual(new Set([`EVENT_TOO_LARGE ${2 * 1024 * 1024}`]))
    const lines = await recorded(platform, home)
    expect(digests(lines.map((line) => (JSON.parse(line) as { span: string }).span))).toEqual(
      of('span').toSorted(),
    )
    const store = await openEventStore(platform, home)
    const events = await collect(store.readAll())
    await store.close()
    expect(digests(events.map(({ data }) => data as string))).toEqual(of('event').toSorted())
    expect(of('span')).toHaveLength(8 * 18)
    expect((await collect(verifyLedger(platform, home))).slice(0, -1)).toEqual([])
  }, 60_000)

  test(`an appender killed ${ROUNDS} times: its lock is taken over, and no acknowledged event is lost`, async () => {
    const store = await openEventStore(platform, home)
    const acknowledged: string[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const worker = startWorker('events', `round-${round}`)
      await worker.tells(9 * (round % 5) + 3)
      await worker.kill()
      acknowledged.push(...worker.told)
      const { appended } = await store.append('survivor', [
        { event: 'Survived', id: uuidFrom(`${round}`), data: { round } },
      ])
      acknowledged.push(...appended.map(({ id }) => id))
    }
    const ids = (await collect(store.readAll())).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
    expect(acknowledged.length).toBeGreaterThan(ROUNDS)
    expect((await collect(verifyLedger(platform, home))).slice(0, -1)).toEqual([])
    await store.close()
  })

  test('a recorder of signals killed under load: every acknowledged line is there once', async () => {
    const acknowledged: string[] = []
    for (let round = 0; round < 8; round++) {
      const worker = startWorker('signals', `round-${round}`)
      await worker.tells(200 * (round + 1))
      await worker.kill()
      acknowledged.push(...worker.told)
    }
    await repairSignals(platform, home)
    const there = await recorded(platform, home)
    const unique = new Set(there)
    expect(unique.size).toBe(there.length)
    expect(acknowledged.filter((line) => !unique.has(line))).toEqual([])
    expect((await collect(verifyLedger(platform, home))).slice(0, -1)).toEqual([])
  })
})

describe('a disk that is really full', () => {
  test('refuses, keeps nothing, and is used again as soon as there is room', async ({ skip }) => {
    const small = join(dir, 'small')
    await mkdir(small)
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', small], { stdio: 'pipe' })
    } catch (error) {
      skip(`cannot mount a tmpfs here: ${String((error as { stderr?: unknown }).stderr)}`)
    }
    try {
      const full = await openHome(platform, join(small, 'home'))
      const signals = openSignalStore(platform, full)
      const events = await openEventStore(platform, full)
      const first = spans('a')
      await signals.append(first)
      await events.append('s', [{ event: 'A', id: uuidFrom('a'), data: 1 }])
      await writeFile(join(small, 'ballast'), Buffer.alloc(200 * 1024))
      await expect(signals.append(spans('b', 5_000))).rejects.toThrow(StorageFullError)
      const large = [{ event: 'B', id: uuidFrom('b'), data: 'x'.repeat(200_000) }]
      await expect(events.append('s', large)).rejects.toThrow(StorageFullError)
      await rm(join(small, 'ballast'))
      await signals.append(spans('c'))
      await events.append('s', [{ event: 'C', id: uuidFrom('c'), data: 1 }])
      expect(await recorded(platform, full)).toEqual([first, spans('c')].flatMap(linesOf))
      expect((await collect(events.readAll())).map(({ event }) => event)).toEqual(['A', 'C'])
      await signals.close()
      await events.close()
    } finally {
      execFileSync('/bin/umount', [small])
    }
  })
})
