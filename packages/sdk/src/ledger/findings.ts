import type { LedgerKind } from '../model/index.ts'

export interface Place {
  kind: LedgerKind
  segment: string
  path: string
  /** In the segment's lines, packed or not. */
  offset: number
  /** When a repair isolated it, or wrote down that nothing can be done about it: no news any more. Unix nanoseconds. */
  repairedAt?: string
}

/** What is not as the format says. Everything else stays readable. */
export type Finding =
  | (Place & { finding: 'tornLine'; bytes: number })
  | (Place & { finding: 'damagedLine'; bytes: number; reason: string })
  /** Spaces and a line feed: what a repair leaves in the place of damaged bytes, which it keeps in HOME/quarantine. */
  | (Place & { finding: 'isolatedLine'; bytes: number })
  | (Place & { finding: 'badHeader'; reason: string; bytes: number })
  /** The system does not let it be read, from `offset` on. */
  | (Place & { finding: 'unreadable'; errno: string })
  /** Told once a segment and definition; what does not unpack, or a repair isolated, may have held it. */
  | (Place & { finding: 'missingDefinition'; id: string })
  | (Place & { finding: 'positionGap'; expected: number; actual: number })
  | (Place & { finding: 'versionGap'; stream: string; expected: number; actual: number })
  | (Place & { finding: 'unfinishedAppend'; events: number })
  | SealFinding

/** What is not as it was sealed. */
export type SealFinding =
  /** A block of a sealed file does not unpack: these bytes of the segment cannot be read, all around them can. */
  | (Place & { finding: 'damagedBlock'; bytes: number })
  /** It can be read, and is not what was sealed; `sha256` of what is there now. */
  | (Place & { finding: 'alteredBlock'; bytes: number; sha256: string })
  /** Longer or shorter than what was sealed. */
  | (Place & { finding: 'alteredSegment'; expected: number; actual: number })
  /** The list of blocks at the end of a sealed file; its manifest serves in its place. */
  | (Place & { finding: 'damagedTable' })
  /** A manifest tells of so many bytes that are nowhere. */
  | (Place & { finding: 'missingSegment'; bytes: number })
  /** A sealed segment that nothing vouches for any more; `sha256` of its file. */
  | (Place & { finding: 'missingManifest'; sha256: string })
  | (Place & { finding: 'damagedManifest' })
  | (Place & { finding: 'damagedNote' })
  /** Entry `number` is gone, or not the one that its successor or the end of the chain was written after. */
  | (Place & {
      finding: 'brokenChain'
      number: number
      reason: 'missing' | 'altered' | 'repeated'
      /** Of the entry that is there, if one is. */
      sha256?: string
    })
  | (Place & { finding: 'unreadable'; errno: string })
  /** Where the chain ends is told nowhere: manifests may be missing at its end. */
  | (Place & { finding: 'missingChainEnd' })

/** What a repair writes down of a finding: all but where the home is, and what changes when the chain grows. */
export function factsOf(finding: Finding): Record<string, unknown> {
  const facts: Record<string, unknown> = { ...finding }
  const left = finding.finding === 'brokenChain' ? [...NOT_NOTED, 'segment', 'offset'] : NOT_NOTED
  for (const key of left) delete facts[key]
  return facts
}

const NOT_NOTED = ['path', 'repairedAt']

/** The same for findings that are the same. */
export function keyOf(facts: Record<string, unknown>): string {
  return JSON.stringify(Object.entries(facts).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
