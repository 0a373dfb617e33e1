import { join } from 'node:path'
import { type Home, Lock } from '@spanledger/sdk/ledger'
import type { NewEvent } from '@spanledger/sdk/model'
import { hexOf, type Platform, readWhole, systemCode } from '@spanledger/sdk/platform'
import { observeHook, type SessionEvent, sessionOfHook } from '../agents/index.ts'
import { redactJson, type Redactor } from '@spanledger/sdk/redact'
import { isWhole, parseEntry } from './entry.ts'
import { missedBetween, type Seen } from './gaps.ts'
import { spoolOf, type Spool } from './layout.ts'

/** What of an event store is needed here: durable when it resolves, and what comes twice is appended once. */
export interface HookSink {
  appendMany(batches: { stream: string; events: NewEvent[] }[]): Promise<unknown>
}

export interface HookIntake {
  platform: Platform
  home: Home
  /** Opened when there is something to append. */
  events: () => Promise<HookSink>
  redactor: () => Promise<Redactor>
}

export interface Taken {
  taken: number
  /** Could not be read: kept beside. */
  aside: number
  /** Numbers of which nothing arrived. */
  missed: number
}

/** Of one append, and of one note of how far it came. */
const BATCH = 400
/** A hook takes milliseconds: one that has not ended its file by then was killed, or reached a limit. */
const UNFINISHED_MS = 60_000
/** Kept until then, and so many at most: they were never redacted. */
const ASIDE_MAX = 100
const ASIDE_MS = 7 * 86_400_000

/**
 * Hooks that ran -> domain events. May be called by any process at any time; where nothing waits it costs the reading of a folder.
 *
 * Durable  a file is removed once its events are fsynced. Whoever is killed in between leaves files whose events have the
 *          same ids the next time.
 * Errors   those of the event store and of the disk; the files stay
 */
export async function takeHooks(intake: HookIntake): Promise<Taken> {
  const { platform, home } = intake
  const spool = spoolOf(home)
  const total = { taken: 0, aside: 0, missed: 0 }
  if ((await numbersIn(platform, spool)).length === 0) return total
  const lock = new Lock(platform, home, 'hooks.lock')
  await lock.acquire()
  try {
    await removeOldAside(platform, spool)
    // What comes meanwhile is for the next call: whoever asks is not kept waiting by an agent that does not stop.
    const numbers = await numbersIn(platform, spool)
    for (let i = 0; i < numbers.length; i += BATCH) {
      const one = await takeBatch(intake, spool, numbers.slice(i, i + BATCH))
      for (const key of ['taken', 'aside', 'missed'] as const) total[key] += one[key]
    }
  } finally {
    await lock.release()
    await lock.close()
  }
  return total
}

/** How many wait to be read, and how many could not be. */
export async function spoolStatus(
  platform: Pick<Platform, 'files'>,
  home: Pick<Home, 'dir'>,
): Promise<{ waiting: number; aside: number }> {
  const spool = spoolOf(home)
  const [waiting, aside] = await Promise.all([numbersIn(platform, spool), namesIn(platform, spool.aside)])
  return { waiting: waiting.length, aside: aside.length }
}

async function takeBatch(
  { platform, events, redactor }: HookIntake,
  spool: Spool,
  numbers: readonly number[],
): Promise<Taken> {
  const settled = await readTaken(platform, spool)
  const told: SessionEvent[] = []
  const done: { number: number; aside: boolean }[] = []
  let last = settled?.last
  let upTo = settled?.number ?? numbers[0]! - 1
  let missed = 0
  for (const number of numbers) {
    const read = await readEntry(platform, spool, number)
    // Counted although it is still being written, or gone: its number is no gap.
    const gap = number > upTo ? number - upTo - 1 : 0
    upTo = Math.max(upTo, number)
    missed += gap
    const entry = typeof read === 'object' ? parseEntry(read.text) : undefined
    const session = entry && sessionOfHook(entry)
    if (typeof read === 'object') done.push({ number, aside: session === undefined })
    if (typeof read !== 'object' || entry === undefined || session === undefined) {
      if (gap > 0 && last !== undefined) told.push(...missedBetween(last, { ...last, number }, gap))
      continue
    }
    const seen: Seen = { number, agent: entry.agent, session, ms: read.modifiedMs }
    if (gap > 0) told.push(...missedBetween(last, seen, gap))
    last = seen
    const payload = redactJson(await redactor(), entry.payload) as typeof entry.payload
    const observed = observeHook({
      ...entry,
      payload,
      writtenMs: read.modifiedMs,
      identity: `${number} ${read.modifiedMs} ${read.text}`,
    })
    // A call whose id was cut off may be one that is known by it.
    if (entry.cut) for (const { data } of observed) if (data.toolUseId === undefined) data.counts = 'alone'
    told.push(...observed)
  }
  if (done.length === 0) return { taken: 0, aside: 0, missed: 0 }
  if (told.length > 0) await (await events()).appendMany(byStream(told))
  await writeTaken(platform, spool, upTo, last)
  for (const { number, aside } of done) {
    const path = join(spool.waiting, String(number))
    if (aside) await setAside(platform, spool, path, number)
    else await unlink(platform, path)
  }
  return { taken: done.length, aside: done.filter((one) => one.aside).length, missed }
}

/** What it holds; 'unfinished' while somebody writes it; undefined when it is gone. */
async function readEntry(
  { files, clock }: Platform,
  spool: Spool,
  number: number,
): Promise<{ text: string; modifiedMs: number } | 'unfinished' | undefined> {
  const path = join(spool.waiting, String(number))
  const bytes = await readWhole(files, path)
  const stat = await files.stat(path)
  if (bytes === undefined || stat === undefined) return undefined
  const text = new TextDecoder().decode(bytes)
  if (!isWhole(text) && Math.abs(clock.nowMs() - stat.modifiedMs) < UNFINISHED_MS) return 'unfinished'
  return { text, modifiedMs: stat.modifiedMs }
}

async function readTaken(
  { files }: Pick<Platform, 'files'>,
  { taken }: Spool,
): Promise<{ number: number; last: Seen | undefined } | undefined> {
  const bytes = await readWhole(files, taken)
  const [first = '', agent, session, ms] = new TextDecoder().decode(bytes ?? new Uint8Array()).split('\n')
  if (!/^\d{1,15}$/.test(first)) return undefined
  const number = Number(first)
  if (agent === undefined || session === undefined || session === '') return { number, last: undefined }
  return { number, last: { number, agent, session, ms: Number(ms) } }
}

/** On the disk before any file goes: otherwise a power failure would make gaps of what was taken. */
async function writeTaken(
  { files, random }: Platform,
  { taken, dir }: Spool,
  number: number,
  last: Seen | undefined,
): Promise<void> {
  const draft = `${taken}.${hexOf(random(6))}`
  const text = last === undefined ? `${number}\n` : `${number}\n${last.agent}\n${last.session}\n${last.ms}\n`
  const file = await files.open(draft, 'create', 0o600)
  try {
    await file.write([new TextEncoder().encode(text)], 0)
    await file.datasync()
  } finally {
    await file.close()
  }
  await files.rename(draft, taken)
  await files.syncDirectory(dir)
}

async function setAside(platform: Platform, spool: Spool, path: string, number: number): Promise<void> {
  await platform.files.mkdir(spool.aside, 0o700)
  const names = await namesIn(platform, spool.aside)
  if (names.length >= ASIDE_MAX) await unlink(platform, path)
  else await platform.files.rename(path, join(spool.aside, `${number}-${platform.clock.nowMs()}`))
}

async function removeOldAside(platform: Platform, spool: Spool): Promise<void> {
  for (const name of await namesIn(platform, spool.aside)) {
    const path = join(spool.aside, name)
    const stat = await platform.files.stat(path)
    if (stat && platform.clock.nowMs() - stat.modifiedMs > ASIDE_MS) await unlink(platform, path)
  }
}

async function numbersIn(platform: Pick<Platform, 'files'>, { waiting }: Spool): Promise<number[]> {
  const names = await namesIn(platform, waiting)
  return names
    .filter((name) => /^[1-9]\d{0,14}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b)
}

async function namesIn({ files }: Pick<Platform, 'files'>, folder: string): Promise<string[]> {
  try {
    return await files.readdir(folder)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}

async function unlink({ files }: Pick<Platform, 'files'>, path: string): Promise<void> {
  try {
    await files.unlink(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}

function byStream(events: readonly SessionEvent[]): { stream: string; events: NewEvent[] }[] {
  const streams = new Map<string, NewEvent[]>()
  for (const { stream, ...event } of events) {
    const batch = streams.get(stream)
    if (batch) batch.push(event)
    else streams.set(stream, [event])
  }
  return [...streams].map(([stream, batch]) => ({ stream, events: batch }))
}
