import { byStart, compare, field, type Activity } from './merge.ts'
import type { Told } from './state.ts'

/**
 * Two observations of one call without a shared id may lie this far apart: a log is written after its span ended.
 * Calls that both carry an id of one family are never joined by time.
 */
const TIME_JOIN_SLACK_MS = 250
/**
 * So far apart, where one of them is a transcript's and both tell the same words, or the same tokens in and out, which no other
 * thing of the session does: transcripts are written when there is something to write.
 */
const LIKENESS_SLACK_MS = 10_000

/**
 * Observations of one kind -> the things observed.
 *
 * First by key: request id, tool use id, span. Then by time, nearest first, and only between observations of different
 * sources of which one outranks the other: the figures of a log find the span they belong to.
 * The result is a function of the set: it does not depend on order.
 */
export function join(observations: readonly Told[], merge: (told: readonly Told[]) => Activity): Activity[] {
  if (observations.length === 0) return []
  const reach = observations.some(isTranscripts) ? LIKENESS_SLACK_MS : TIME_JOIN_SLACK_MS
  const things = byTime(byKey(observations).map(merge), merge, reach)
  const counted = things.filter((thing) => thing.told.some(({ data }) => data.counts === undefined))
  // Sources that count only alone stand in where nothing better told of any call.
  const kept =
    counted.length > 0
      ? counted
      : things.filter((thing) => thing.told.some(({ data }) => data.counts === 'alone'))
  return kept.toSorted(byStart)
}

function byKey(observations: readonly Told[]): Told[][] {
  const groups = new Map<string, Told[]>()
  const all: Told[][] = []
  for (const told of observations) {
    const keys = told.data.keys ?? []
    if (keys.length === 0) {
      all.push([told])
      continue
    }
    let group: Told[] | undefined
    for (const key of keys) {
      const found = groups.get(key)
      if (found === undefined || found === group) continue
      if (group === undefined) group = found
      else {
        // This one tells that two groups are one.
        for (const member of found) for (const one of member.data.keys ?? []) groups.set(one, group)
        group.push(...found.splice(0))
      }
    }
    if (group === undefined) all.push((group = [told]))
    else group.push(told)
    for (const key of keys) groups.set(key, group)
  }
  return all.filter((group) => group.length > 0)
}

interface Pair {
  high: Activity
  low: Activity
  /** Both tell the prompt's tokens, and tell others: unlikely to be one call. */
  differs: number
  gap: number
  apart: number
}

const rankOf = (thing: Activity): number => thing.told[0]?.data.rank ?? 0

function byTime(things: Activity[], merge: (told: readonly Told[]) => Activity, reach: number): Activity[] {
  const sorted = things.toSorted(byStart)
  const pairs: Pair[] = []
  const likeness = reach > TIME_JOIN_SLACK_MS ? likenessOf(sorted) : NOTHING_ALIKE
  for (const [i, a] of sorted.entries())
    for (let k = i + 1; k < sorted.length; k++) {
      const b = sorted[k]!
      // Sorted by start: nothing later is near either.
      if (b.start > a.end + reach) break
      if (rankOf(a) === rankOf(b) || !compatible(a, b)) continue
      const [high, low] = rankOf(a) > rankOf(b) ? [a, b] : [b, a]
      const gap = Math.max(0, b.start - a.end)
      if (gap > TIME_JOIN_SLACK_MS && likeness.get(a) !== b && likeness.get(b) !== a) continue
      const apart = Math.abs(a.start - b.start) + Math.abs(a.end - b.end)
      pairs.push({ high, low, differs: inputDiffers(a, b), gap, apart })
    }
  pairs.sort(
    (x, y) =>
      x.differs - y.differs ||
      x.gap - y.gap ||
      x.apart - y.apart ||
      compare(x.high.id, y.high.id) ||
      compare(x.low.id, y.low.id),
  )
  const groups = new Map<Activity, Activity[]>()
  for (const { high, low } of pairs) {
    const [one, other] = [groups.get(high) ?? [high], groups.get(low) ?? [low]]
    if (one === other || !one.every((a) => other.every((b) => rankOf(a) !== rankOf(b) && compatible(a, b))))
      continue
    const group = [...one, ...other]
    for (const member of group) groups.set(member, group)
  }
  const joined: Activity[] = []
  for (const thing of sorted) {
    const group = groups.get(thing)
    if (group === undefined) joined.push(thing)
    else if (group[0] === thing) joined.push(merge(group.flatMap(({ told }) => told)))
  }
  return joined
}

/** Asked of every observation, and nearly always answered by the first letter. */
const isTranscripts = ({ data: { source } }: Told): boolean =>
  source[0] === 't' && source.startsWith('transcript:')

/** What a call tells that hardly another tells too; undefined where it tells nothing of the kind. */
function markOf(thing: Activity): string | undefined {
  const tokens = field(thing, 'tokens')
  if (tokens?.input !== undefined && tokens.output !== undefined) return `${tokens.input} ${tokens.output}`
  return field(thing, 'text')
}

const NOTHING_ALIKE: ReadonlyMap<Activity, Activity> = new Map()

/** Things of transcripts -> the one other thing that tells the same, where each is the only one on its side. */
function likenessOf(things: readonly Activity[]): Map<Activity, Activity> {
  const like = new Map<Activity, Activity>()
  const sides = [new Map<string, Activity[]>(), new Map<string, Activity[]>()] as const
  for (const thing of things) {
    const mark = markOf(thing)
    if (mark === undefined) continue
    const side = sides[thing.told.some(isTranscripts) ? 1 : 0]
    side.set(mark, [...(side.get(mark) ?? []), thing])
  }
  for (const [mark, [one, ...others]] of sides[1]) {
    const [told, ...more] = new Set(sides[0].get(mark))
    if (one && told && others.length + more.length === 0) like.set(one, told)
  }
  return like
}

function inputDiffers(a: Activity, b: Activity): number {
  const [one, other] = [field(a, 'tokens')?.input, field(b, 'tokens')?.input]
  return one !== undefined && other !== undefined && one !== other ? 1 : 0
}

function compatible(a: Activity, b: Activity): boolean {
  for (const id of ['requestId', 'toolUseId', 'name', 'agentId'] as const) {
    const [one, other] = [field(a, id), field(b, id)]
    if (one !== undefined && other !== undefined && one !== other) return false
  }
  // Mostly one or two on either side: a set of them takes longer to make than to go without.
  for (const one of a.told)
    for (const other of b.told) if (one.data.source === other.data.source) return false
  return true
}
