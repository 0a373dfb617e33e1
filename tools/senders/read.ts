/** Turns what `export` prints into the form of story.ts: attributes and maps by key, records out of their resources and scopes. */

interface Received {
  resource: Record<string, unknown>
  scope: { name?: string; version?: string }
  schemaUrl: string | undefined
  record: any
}

/** Every record of one signal with where it came from. */
export function records(lines: any[], resources: string, scopes: string, list: string): Received[] {
  return lines.flatMap((line) =>
    line[resources].flatMap(({ resource, ...outer }: any) =>
      outer[scopes].flatMap(({ scope, schemaUrl, ...inner }: any) =>
        inner[list].map((record: unknown) => ({
          resource: byKey(resource).attributes,
          scope,
          schemaUrl,
          record: byKey(record),
        })),
      ),
    ),
  )
}

interface KeyValue {
  key: string
  value: unknown
}

const object = (pairs: KeyValue[]): Record<string, unknown> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, byKey(value)]))

/** Lists of key and value as objects; everything else as it is. */
function byKey(value: any): any {
  if (Array.isArray(value)) return value.map(byKey)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries<any>(value).map(([key, inner]) => {
      if (key === 'attributes') return [key, object(inner)]
      if (key === 'kvlistValue') return [key, object(inner.values ?? [])]
      return [key, byKey(inner)]
    }),
  )
}

/**
 * The values that an exponential histogram's buckets stand for, out of candidates: SDKs choose their own scale, so each
 * candidate is looked for where the data model says that its bucket is at this scale: (base^index, base^(index+1)].
 */
export function bucketed(
  { scale, positive }: { scale: number; positive: { offset?: number; bucketCounts: string[] } },
  candidates: number[],
): number[] {
  const left = positive.bucketCounts.map(Number)
  const found = candidates.filter((value) => {
    const index = Math.ceil(Math.log2(value) * 2 ** scale) - 1 - (positive.offset ?? 0)
    return (left[index] ?? 0) > 0 && left[index]!-- > 0
  })
  if (left.some((count) => count > 0)) throw new Error('buckets hold more than was recorded')
  return found
}
