import type { LedgerKind } from '../model/index.ts'

export interface Place {
  kind: LedgerKind
  segment: string
  path: string
  /** In the segment's lines, packed or not. */
  offset: number
}

/** What is not as the format says. Everything else stays readable. */
export type Finding =
  | (Place & { finding: 'tornLine'; bytes: number })
  | (Place & { finding: 'damagedLine'; bytes: number; reason: string })
  | (Place & { finding: 'badHeader'; reason: string })
  | (Place & { finding: 'missingDefinition'; id: string })
  | (Place & { finding: 'positionGap'; expected: number; actual: number })
  | (Place & { finding: 'versionGap'; stream: string; expected: number; actual: number })
  | (Place & { finding: 'unfinishedAppend'; events: number })
  | SealFinding

/** What is not as it was sealed. */
export type SealFinding =
  /** A block of a sealed file does not unpack: these bytes of the segment cannot be read, all around them can. */
  | (Place & { finding: 'damagedBlock'; bytes: number })
  /** It unpacks, and is not what was sealed. */
  | (Place & { finding: 'alteredBlock'; bytes: number })
  /** Longer or shorter than what was sealed. */
  | (Place & { finding: 'alteredSegment'; expected: number; actual: number })
  /** The list of blocks at the end of a sealed file; its manifest serves in its place. */
  | (Place & { finding: 'damagedTable' })
  /** A manifest tells of so many bytes that are nowhere. */
  | (Place & { finding: 'missingSegment'; bytes: number })
  /** A sealed segment that nothing vouches for any more. */
  | (Place & { finding: 'missingManifest' })
  | (Place & { finding: 'damagedManifest' })
  /** Manifest `number` is gone, or not the one that its successor or the end of the chain was written after. */
  | (Place & { finding: 'brokenChain'; number: number; reason: 'missing' | 'altered' | 'repeated' })
  /** Where the chain ends is told nowhere: manifests may be missing at its end. */
  | (Place & { finding: 'missingChainEnd' })
