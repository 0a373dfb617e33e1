import type { Scope } from '@spanledger/sdk/record'
import type { ExportBatch } from './exporter.ts'

type Records = ExportBatch['records']

/** Records under their scopes, each in the order they came. */
export function byScope<T extends Records[number]>(
  records: readonly T[],
): Iterable<readonly [Scope, readonly T[]]> {
  const groups = new Map<Scope, T[]>()
  for (const record of records) {
    const scope = scopeOf(record)
    const group = groups.get(scope)
    if (group === undefined) groups.set(scope, [record])
    else group.push(record)
  }
  return groups
}

const scopeOf = (record: Records[number]): Scope => ('metric' in record ? record.metric.scope : record.scope)
