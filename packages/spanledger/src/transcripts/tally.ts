/** What became of the lines of one transcript. */
export interface Tally {
  lines: number
  /** Of the events that its lines told. */
  events: number
  /** Of these, new to the ledger: none when the same was imported before. */
  added: number
  /** Places where a secret stood. */
  redacted: number
  /** Kinds of lines nobody knows, with how many there were; at most KINDS_MAX, then `(other)`. */
  unknownKinds: Record<string, number>
  /** Versions outside of those that were seen: read as the nearest. */
  unknownVersions: string[]
  badLines: number
  /** The first BAD_LINES_MAX of them. */
  bad: { line: number; message: string }[]
}

const KINDS_MAX = 50
const BAD_LINES_MAX = 20
const NAME_CHARACTERS_MAX = 60

export const noTally = (): Tally => ({
  lines: 0,
  events: 0,
  added: 0,
  redacted: 0,
  unknownKinds: {},
  unknownVersions: [],
  badLines: 0,
  bad: [],
})

export function countBad(tally: Tally, line: number, message: string): void {
  if (++tally.badLines <= BAD_LINES_MAX) tally.bad.push({ line, message })
}

export function countUnknownKind(tally: Tally, kind: string): void {
  const name = kind.slice(0, NAME_CHARACTERS_MAX)
  const isNew = !Object.hasOwn(tally.unknownKinds, name)
  const key = isNew && Object.keys(tally.unknownKinds).length >= KINDS_MAX ? '(other)' : name
  tally.unknownKinds[key] = (tally.unknownKinds[key] ?? 0) + 1
}

export function countUnknownVersion(tally: Tally, version: string): void {
  const name = version.slice(0, NAME_CHARACTERS_MAX)
  if (!tally.unknownVersions.includes(name) && tally.unknownVersions.length < KINDS_MAX)
    tally.unknownVersions.push(name)
}
