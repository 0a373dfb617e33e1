import { byStart, compare, field, type Thing } from './merge.ts'
import type { Told } from './state.ts'

/**
 * Two observations of one call without a shared id may lie this far apart: a log is written after its span ended.
 * Calls that both carry an id of one family are never joined by time.
 */
const TIME_JOIN_SLACK_MS = 250

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
  for (const [i, a] of sorted.entries())
    for (let k = i + 1; k < sorted.length; k++) {
      const b = sorted[k]!
      // Sorted by start: nothing later is near either.
      if (b.start > a.end + TIME_JOIN_SLACK_MS) break
      if (rankOf(a) === rankOf(b) || !compatible(a, b)) continue
      const [high, low] = rankOf(a) > rankOf(b) ? [a, b] : [b, a]
      const gap = Math.max(0, b.start - a.end)
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
  const taken = new Set<Thing>()
  const members = new Map<Thing, Thing[]>()
  for (const { high, low } of pairs) {
    if (taken.has(high) || taken.has(low) || members.has(low)) continue
    const group = members.get(high) ?? [high]
    if (!group.every((member) => compatible(member, low))) continue
    members.set(high, [...group, low])
    taken.add(low)
  }
  return sorted
    .filter((thing) => !taken.has(thing))
    .map((thing) => {
      const group = members.get(thing)
      return group ? merge(group.flatMap(({ told }) => told)) : thing
    })
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
