import { forVersion, inRange, type Observation, type SessionEvent } from '../agents/index.ts'
import type { Redactor } from '@spanledger/sdk/redact'
import { uuidFrom } from '@spanledger/sdk/platform'
import type { Reading, Telling, TranscriptFormat, TranscriptMapping } from './format.ts'
import type { Line } from './json.ts'
import { scrub } from './scrub.ts'
import { countBad, countUnknownKind, countUnknownVersion, type Tally } from './tally.ts'

/** So much of a line is looked at to find out what it is. */
const HEAD_BYTES = 256
const OPENING = 0x7b
const CLOSING = 0x7d
/** An id longer than this is no session's. */
const SESSION_ID_MAX = 200

/**
 * Lines of one transcript, in order -> events. Nothing is done but that: the same lines tell the same events, with the same ids,
 * however they are cut into pieces, as long as the reading is handed on.
 */
export class TranscriptReader {
  readonly #format: TranscriptFormat
  readonly #redactor: Redactor
  readonly #tally: Tally
  readonly reading: Reading
  #events: SessionEvent[] = []
  #mapping: TranscriptMapping
  #passed: ReadonlySet<string>

  constructor(format: TranscriptFormat, reading: Reading, redactor: Redactor, tally: Tally) {
    this.#format = format
    this.#redactor = redactor
    this.#tally = tally
    this.reading = reading
    this.#mapping = forVersion(format.mappings, reading.version)
    this.#passed = new Set(this.#mapping.passed)
  }

  /** Undefined: a line that is too long. Most lines of a transcript are content, and end here before they are parsed. */
  line(bytes: Buffer | undefined): void {
    const tally = this.#tally
    tally.lines++
    if (bytes === undefined) return countBad(tally, tally.lines, 'longer than any line may be')
    if (bytes.length === 0) return
    if (bytes[0] === OPENING && bytes[bytes.length - 1] === CLOSING) {
      const kind = this.#format.kindAtHead(bytes.toString('latin1', 0, Math.min(HEAD_BYTES, bytes.length)))
      if (kind !== undefined && this.#passed.has(kind)) return
    }
    let parsed: unknown
    try {
      parsed = JSON.parse(bytes.toString('utf8', 0, bytes.length))
    } catch {
      if (bytes.toString('latin1', 0, HEAD_BYTES).trim() === '' && bytes.length < HEAD_BYTES) return
      return countBad(tally, tally.lines, 'not JSON')
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
      return countBad(tally, tally.lines, 'no object')
    this.object(parsed as Line)
  }

  /** The same for what was parsed elsewhere. */
  object(line: Line): void {
    const version = this.#format.versionOf(line)
    if (version !== undefined && version !== this.reading.version) this.#learnVersion(version)
    const kind = this.#format.kindOf(line)
    const read = Object.hasOwn(this.#mapping.kinds, kind) ? this.#mapping.kinds[kind] : undefined
    if (read) read(line, this.reading, this.#tell(kind))
    else if (!this.#passed.has(kind)) countUnknownKind(this.#tally, kind)
  }

  #learnVersion(version: string): void {
    this.reading.version = version
    this.#mapping = forVersion(this.#format.mappings, version)
    this.#passed = new Set(this.#mapping.passed)
    if (!inRange(version, this.#mapping.versions)) countUnknownVersion(this.#tally, version)
  }

  #tell(kind: string): (telling: Telling) => void {
    return (telling) => {
      const event = this.#eventOf(kind, telling)
      if (event) this.#events.push(event)
    }
  }

  #eventOf(
    kind: string,
    { event, kind: from, keys, rank, start, end, data }: Telling,
  ): SessionEvent | undefined {
    const { session, version, workingDirectory, branch, agentId, agentName } = this.reading
    if (session === undefined || session === '' || session.length > SESSION_ID_MAX) return undefined
    const observation: Observation = {
      session,
      agent: this.#format.agent,
      ...(version === undefined ? {} : { agentVersion: version }),
      source: `transcript:${from ?? kind}`,
      rank,
      keys: [...keys],
      startUnixNano: nanos(Math.min(start ?? end, end)),
      endUnixNano: nanos(end),
      ...(workingDirectory ? { workingDirectory } : {}),
      ...(branch ? { branch } : {}),
      ...(agentId === undefined ? {} : { agentId, ...(agentName === undefined ? {} : { agentName }) }),
      ...data,
    }
    // Before the text is cut or redacted, so that other rules of redaction make no other events.
    const id = uuidFrom('transcript', event, session, keys[0], figuresOf(observation))
    this.#tally.redacted += scrub(observation, this.#redactor)
    return { event, id, stream: `session-${session}`, time: observation.endUnixNano!, data: observation }
  }

  /** What was told since the last call. */
  take(): SessionEvent[] {
    const events = this.#events
    this.#events = []
    this.#tally.events += events.length
    return events
  }

  get waiting(): number {
    return this.#events.length
  }

  /** At the end of what there is: tells what is open as well. The reading goes on as if this had not been asked. */
  settle(): void {
    if (!this.#format.settle) return
    this.#format.settle(structuredClone(this.reading), this.#tell('assistant'))
  }
}

/** A line that tells more of the same thing makes another event: a draft's tokens, then the answer's. */
const figuresOf = ({ tokens, outcome, exitCode }: Observation): string =>
  JSON.stringify([tokens ?? null, outcome ?? null, exitCode ?? null])

const nanos = (ms: number): string => `${Math.max(0, Math.round(ms))}000000`
