import { byStart, compare, field, type Thing } from './merge.ts'
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
export function join(observations: readonly Told[], merge: (told: readonly Told[]) => Thing): Thing[] {
  const things = byTime(byKey(observations).map(merge), merge)
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
  const alone: Told[][] = []
  for (const told of observations) {
    const keys = told.data.keys ?? []
    if (keys.length === 0) {
      alone.push([told])
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
        group.push(...found)
      }
    }
    group ??= []
    group.push(told)
    for (const key of keys) groups.set(key, group)
  }
  return [...new Set(groups.values()), ...alone]
}

interface Pair {
  high: Thing
  low: Thing
  /** Both tell the prompt's tokens, and tell others: unlikely to be one call. */
  differs: number
  gap: number
  apart: number
}

const rankOf = (thing: Thing): number => thing.told[0]?.data.rank ?? 0

function byTime(things: Thing[], merge: (told: readonly Told[]) => Thing): Thing[] {
  const sorted = things.toSorted(byStart)
  const pairs: Pair[] = []
  const likeness = likenessOf(sorted)
  const reach = likeness.size > 0 ? LIKENESS_SLACK_MS : TIME_JOIN_SLACK_MS
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
  const groups = new Map<Thing, Thing[]>()
  for (const { high, low } of pairs) {
    const [one, other] = [groups.get(high) ?? [high], groups.get(low) ?? [low]]
    if (one === other || !one.every((a) => other.every((b) => rankOf(a) !== rankOf(b) && compatible(a, b))))
      continue
    const group = [...one, ...other]
    for (const member of group) groups.set(member, group)
  }
  return [
    ...sorted.filter((thing) => !groups.has(thing)),
    ...[...new Set(groups.values())].map((group) => merge(group.flatMap(({ told }) => told))),
  ]
}

const isTranscripts = ({ told }: Thing): boolean =>
  told.some(({ data }) => data.source.startsWith('transcript:'))

/** What a call tells that hardly another tells too; undefined where it tells nothing of the kind. */
function markOf(thing: Thing): string | undefined {
  const tokens = field(thing, 'tokens')
  if (tokens?.input !== undefined && tokens.output !== undefined) return `${tokens.input} ${tokens.output}`
  return field(thing, 'text')
}

/** Things of transcripts -> the one other thing that tells the same, where each is the only one on its side. */
function likenessOf(things: readonly Thing[]): Map<Thing, Thing> {
  const like = new Map<Thing, Thing>()
  if (!things.some(isTranscripts)) return like
  const sides = [new Map<string, Thing[]>(), new Map<string, Thing[]>()] as const
  for (const thing of things) {
    const mark = markOf(thing)
    if (mark === undefined) continue
    const side = sides[isTranscripts(thing) ? 1 : 0]
    side.set(mark, [...(side.get(mark) ?? []), thing])
  }
  for (const [mark, [one, ...others]] of sides[1]) {
    const [told, ...more] = new Set(sides[0].get(mark))
    if (one && told && others.length + more.length === 0) like.set(one, told)
  }
  return like
}

function inputDiffers(a: Thing, b: Thing): number {
  const [one, other] = [field(a, 'tokens')?.input, field(b, 'tokens')?.input]
  return one !== undefined && other !== undefined && one !== other ? 1 : 0
}

function compatible(a: Thing, b: Thing): boolean {
  for (const id of ['requestId', 'toolUseId', 'name', 'agentId'] as const) {
    const [one, other] = [field(a, id), field(b, id)]
    if (one !== undefined && other !== undefined && one !== other) return false
  }
  const sources = new Set(a.told.map(({ data }) => data.source))
  return !b.told.some(({ data }) => sources.has(data.source))
}
