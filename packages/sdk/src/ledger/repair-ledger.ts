import type { LedgerKind } from '../model/index.ts'
import type { Platform } from '../platform/index.ts'
import { Chain } from './chain.ts'
import { factsOf } from './findings.ts'
import type { Finding } from './findings.ts'
import { LEDGER_KINDS } from './home.ts'
import type { Home } from './home.ts'
import { isolateLines, rewriteSealed } from './isolate.ts'
import { Lock } from './lock.ts'
import { NOTE_VERSION, notePath } from './note.ts'
import type { Note } from './note.ts'
import { Quarantine } from './quarantine.ts'
import type { Range } from './quarantine.ts'
import { repairSignals } from './repair.ts'
import { findSegment, listSegmentNames } from './segment.ts'
import type { Segment } from './segment.ts'
import { NO_HEADER, verifyLedger } from './verify.ts'

/** In one note, so that none is too large to be read in one go. */
const NOTED_MAX = 10_000
/** Findings one repair takes on; those beyond are taken on by the next. */
const FINDINGS_MAX = 100_000

/** What is done about a finding. */
export type RepairAction =
  /** Its bytes are blank, and kept in quarantine. */
  | 'isolated'
  /** A manifest or note that says nothing any more was moved into quarantine. */
  | 'movedAside'
  /** An unfinished line, which nobody was told is kept, is kept in quarantine and cut off. */
  | 'cutOff'
  /** Nothing can be read again by it; the chain says from now on that it was found. */
  | 'noted'
  /** Nothing: somebody else has to. */
  | 'left'

export interface RepairStep {
  finding: Finding
  action: RepairAction
  /** Where the original bytes are. */
  aside?: string
}

type KnownFinding<What extends Finding['finding']> = Extract<Finding, { finding: What }>

/**
 * Isolates what is damaged, so that everything around it is readable by everyone, and deletes nothing: the original bytes
 * are in HOME/quarantine before anything changes. What was done, and what was found that nothing can be done about, stands
 * in a note in each kind's chain; `verify` tells it as repaired from then on.
 *
 * Any process may read and write meanwhile; sealing waits. Killed at any step, the next repair goes on.
 *
 * dryRun  Only tells what would be done; takes no lock and writes nothing.
 * Errors  the system's.
 */
export async function* repairLedger(
  platform: Platform,
  home: Home,
  options: { dryRun?: boolean } = {},
): AsyncGenerator<RepairStep, void, void> {
  if (options.dryRun === true) {
    const lastEvents = await lastEventsOf(platform, home)
    for (const finding of await findingsOf(platform, home))
      yield { finding, action: actionFor(finding, lastEvents) }
    return
  }
  const lock = new Lock(platform, home, 'seal.lock')
  await lock.acquire()
  try {
    const repair = new LedgerRepair(platform, home)
    yield* repair.run()
  } finally {
    await lock.release()
    await lock.close()
  }
}

async function findingsOf(platform: Platform, home: Home): Promise<Finding[]> {
  const findings: Finding[] = []
  for await (const found of verifyLedger(platform, home)) {
    if (found.finding === 'summary' || found.repairedAt !== undefined) continue
    findings.push(found)
    if (findings.length === FINDINGS_MAX) break
  }
  return findings
}

async function lastEventsOf(platform: Platform, home: Home): Promise<string | undefined> {
  return (await listSegmentNames(platform, home, 'events').catch(() => [])).at(-1)
}

/** lastEvents  The events segment whose end is its next writer's to mend. */
function actionFor(finding: Finding, lastEvents: string | undefined): RepairAction {
  const isLeft = finding.kind === 'events' && finding.segment !== lastEvents
  switch (finding.finding) {
    case 'damagedBlock':
    case 'damagedTable':
      return 'isolated'
    case 'damagedLine':
      // A line feed alone is as blank as can be.
      return finding.bytes > 1 ? 'isolated' : 'noted'
    case 'badHeader':
      // Else it is another segment's file, or a newer version's.
      return finding.reason === NO_HEADER && finding.bytes > 1 ? 'isolated' : 'left'
    case 'damagedManifest':
    case 'damagedNote':
      return 'movedAside'
    case 'tornLine':
      return isLeft ? 'isolated' : 'cutOff'
    case 'unfinishedAppend':
      return isLeft ? 'noted' : 'cutOff'
    case 'unreadable':
      return 'left'
    default:
      return 'noted'
  }
}

/** One repair; only under `seal.lock`. */
class LedgerRepair {
  readonly #platform: Platform
  readonly #home: Home
  readonly #quarantine: Quarantine
  #actionFor: (finding: Finding) => RepairAction = (finding) => actionFor(finding, undefined)

  constructor(platform: Platform, home: Home) {
    this.#platform = platform
    this.#home = home
    this.#quarantine = new Quarantine(platform, home)
  }

  async *run(): AsyncGenerator<RepairStep, void, void> {
    const lastEvents = await lastEventsOf(this.#platform, this.#home)
    this.#actionFor = (finding) => actionFor(finding, lastEvents)
    const findings = await findingsOf(this.#platform, this.#home)
    if (findings.length === 0) return
    yield* this.#isolate(findings.filter((finding) => this.#actionFor(finding) === 'isolated'))
    for (const finding of findings) {
      if (this.#actionFor(finding) !== 'movedAside') continue
      yield { finding, action: 'movedAside', aside: await this.#quarantine.move(finding.kind, finding.path) }
    }
    yield* this.#cutOff(findings.filter((finding) => this.#actionFor(finding) === 'cutOff'))
    for (const finding of findings) if (this.#actionFor(finding) === 'left') yield { finding, action: 'left' }
    yield* this.#note(findings)
  }

  /** Segment by segment. */
  async *#isolate(findings: readonly Finding[]): AsyncGenerator<RepairStep, void, void> {
    const bySegment = new Map<string, Finding[]>()
    for (const finding of findings) {
      const key = `${finding.kind}/${finding.segment}`
      const same = bySegment.get(key)
      if (same === undefined) bySegment.set(key, [finding])
      else same.push(finding)
    }
    for (const found of bySegment.values()) {
      const { kind, segment: name } = found[0]!
      const segment = await findSegment(this.#platform, this.#home, kind, name)
      const lines = found.filter(isLine).map(({ offset, bytes }): Range => ({ offset, bytes }))
      const aside = segment && (await this.#isolateIn(segment, lines))
      for (const finding of found)
        yield aside === undefined ? { finding, action: 'left' } : { finding, action: 'isolated', aside }
    }
  }

  async #isolateIn(segment: Segment, lines: readonly Range[]): Promise<string | undefined> {
    if (segment.sealed) return rewriteSealed(this.#platform, segment, lines, this.#quarantine)
    if (segment.kind !== 'events') return isolateLines(this.#platform, segment, lines, this.#quarantine)
    // Their next writer would cut off what stands at the end.
    return this.#underEventsLock(() => isolateLines(this.#platform, segment, lines, this.#quarantine))
  }

  async #underEventsLock<T>(work: () => Promise<T>): Promise<T> {
    const lock = new Lock(this.#platform, this.#home, 'events.lock')
    await lock.acquire()
    try {
      return await work()
    } finally {
      await lock.release()
      await lock.close()
    }
  }

  /** Signals whose writers are dead; the events' next writer, which is soon, cuts theirs off, once they are copied. */
  async *#cutOff(findings: readonly Finding[]): AsyncGenerator<RepairStep, void, void> {
    if (findings.length === 0) return
    const asides = new Map<string, string>()
    const keep = async (segment: Segment, offset: number, bytes: number): Promise<void> => {
      const file = await this.#platform.files.open(segment.path, 'read')
      try {
        const aside = await this.#quarantine.copy(segment.kind, segment.path, file, [{ offset, bytes }])
        asides.set(`${segment.kind}/${segment.name}`, aside)
      } finally {
        await file.close()
      }
    }
    await repairSignals(this.#platform, this.#home, { before: keep })
    for (const finding of findings) {
      const { kind, segment: name, offset } = finding
      const segment = kind === 'events' && (await findSegment(this.#platform, this.#home, kind, name))
      if (segment && finding.finding === 'tornLine') await keep(segment, offset, segment.bytes - offset)
      const aside = asides.get(`${kind}/${name}`)
      if (aside !== undefined) yield { finding, action: 'cutOff', aside }
      else yield { finding, action: kind === 'events' ? 'cutOff' : 'left' }
    }
  }

  /** Writes down what `verify` finds from now on: blanks, gaps, and what is not as it was sealed. */
  async *#note(before: readonly Finding[]): AsyncGenerator<RepairStep, void, void> {
    const now = await findingsOf(this.#platform, this.#home)
    const noted = now.filter((finding) => this.#actionFor(finding) === 'noted')
    for (const kind of LEDGER_KINDS) {
      const facts = noted.filter((finding) => finding.kind === kind).map(factsOf)
      for (let i = 0; i < facts.length; i += NOTED_MAX)
        await this.#addNote(kind, facts.slice(i, i + NOTED_MAX))
    }
    for (const finding of before) if (this.#actionFor(finding) === 'noted') yield { finding, action: 'noted' }
  }

  async #addNote(kind: LedgerKind, repaired: Record<string, unknown>[]): Promise<void> {
    const chain = new Chain(this.#platform, this.#home, kind)
    await chain.add<Note>((link) => ({
      path: notePath(this.#home, kind, link.number),
      entry: { note: NOTE_VERSION, kind, ...link, at: this.#quarantine.at, repaired },
    }))
  }
}

function isLine(finding: Finding): finding is KnownFinding<'damagedLine' | 'badHeader' | 'tornLine'> {
  return ['damagedLine', 'badHeader', 'tornLine'].includes(finding.finding)
}
