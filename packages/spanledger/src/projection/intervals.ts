/** Milliseconds since 1970; `end` is never before `start`. */
export interface Interval {
  start: number
  end: number
}

/** Sorted and without overlap. */
export function union(intervals: readonly Interval[]): Interval[] {
  const merged: Interval[] = []
  for (const { start, end } of intervals.toSorted((a, b) => a.start - b.start)) {
    const last = merged[merged.length - 1]
    if (last && start <= last.end) last.end = Math.max(last.end, end)
    else merged.push({ start, end })
  }
  return merged
}

/** What of `from` lies outside of `taken`; both as union() gives them. */
export function subtract(from: readonly Interval[], taken: readonly Interval[]): Interval[] {
  const rest: Interval[] = []
  let first = 0
  for (const { start, end } of from) {
    let at = start
    while (first < taken.length && taken[first]!.end <= start) first++
    for (let i = first; i < taken.length && taken[i]!.start < end; i++) {
      if (taken[i]!.start > at) rest.push({ start: at, end: taken[i]!.start })
      at = Math.max(at, taken[i]!.end)
    }
    if (at < end) rest.push({ start: at, end })
  }
  return rest
}

export const length = (intervals: readonly Interval[]): number =>
  intervals.reduce((sum, { start, end }) => sum + end - start, 0)
