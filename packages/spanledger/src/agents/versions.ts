/** Parts of a version as numbers: `v1.18.33-beta` is [1, 18, 33]. Undefined when it does not begin with a number. */
function parse(version: string): number[] | undefined {
  const match = /^v?(\d+(?:\.\d+)*)/.exec(version)
  return match?.[1]?.split('.').map(Number)
}

function compare(a: number[], b: number[]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** `>=2.0 <3`: every condition holds. */
export function inRange(version: string, range: string): boolean {
  const parts = parse(version)
  if (!parts) return false
  return range.split(' ').every((condition) => {
    const [, operator = '', bound = ''] = /^(>=|<=|>|<)(.+)$/.exec(condition) ?? []
    const order = compare(parts, parse(bound) ?? [])
    return operator === '>='
      ? order >= 0
      : operator === '<='
        ? order <= 0
        : operator === '>'
          ? order > 0
          : order < 0
  })
}

/**
 * The entry whose range holds the version. A version nobody has seen takes the nearest: the newest entry when it is newer
 * than all or unreadable, the oldest when it is older.
 */
export function forVersion<T extends { versions: string }>(
  entries: readonly T[],
  version: string | undefined,
): T {
  const newest = entries[entries.length - 1]
  if (!newest) throw new Error('an agent without mappings')
  const parts = version === undefined ? undefined : parse(version)
  if (version === undefined || !parts) return newest
  for (let i = entries.length - 1; i >= 0; i--) {
    const entry = entries[i]!
    if (inRange(version, entry.versions)) return entry
    const lowest = /^>=?(\S+)/.exec(entry.versions)?.[1]
    if (lowest && compare(parts, parse(lowest) ?? []) >= 0) return entry
  }
  return entries[0]!
}
