import type { Segment } from '@spanledger/sdk/ledger'
import type { LedgerKind } from '@spanledger/sdk/model'
import type { Columns } from '../columns/columns.ts'
import type { Sources } from './views.ts'

type Segments = Partial<Record<LedgerKind, readonly Segment[]>>

export interface ChosenSources {
  sources: Partial<Record<LedgerKind, Sources>>
  /** Parquet among them. */
  files: readonly string[]
}

/** The columns of each segment that has some, the lines of the others. */
export async function chooseSources(
  columns: Columns | undefined,
  segments: Segments,
): Promise<ChosenSources> {
  const chosen: Partial<Record<LedgerKind, Sources>> = {}
  const files: string[] = []
  for (const [kind, listed] of Object.entries(segments) as [LedgerKind, readonly Segment[]][]) {
    const found = await Promise.all(listed.map((segment) => columns?.find(segment, 'rows')))
    const made = found.flatMap((one) => (one === undefined ? [] : [one.path]))
    chosen[kind] = {
      lines: listed.filter((_, i) => found[i] === undefined).map(({ path }) => path),
      columns: made,
    }
    files.push(...made)
  }
  return { sources: chosen, files }
}
