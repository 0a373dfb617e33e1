export { Changes } from './changes.ts'
export {
  HomeDamagedError,
  HomeMissingError,
  HomeNewerError,
  HomeUnwritableError,
  SegmentNewerError,
} from './errors.ts'
export { HOME_VERSION, LEDGER_KINDS, openHome } from './home.ts'
export type { Home } from './home.ts'
export { LEDGER_VERSION, LINE_BYTES_MAX, READ_BYTES, SEGMENT_BYTES_MAX } from './limits.ts'
export { claimOwner, disown, ownerPath, readOwner, sweepOwners, writeOwner } from './owner.ts'
export type { Owner } from './owner.ts'
export { lineTexts } from './line-texts.ts'
export { readLines, readSegment } from './reader.ts'
export type { LineChunk } from './reader.ts'
export { repairLedger } from './repair-ledger.ts'
export type { RepairAction, RepairStep } from './repair-ledger.ts'
export { REST_MS, repairSignals } from './repair.ts'
export type { Repair } from './repair.ts'
export {
  eventSegmentName,
  findSegment,
  headerLine,
  listSegmentNames,
  listSegments,
  readHeader,
  segmentPath,
  signalSegmentName,
  writerOfSegment,
} from './segment.ts'
export type { Segment } from './segment.ts'
export { createSegmentFile, isUnderItsName } from './segment-writing.ts'
export { tail } from './tail.ts'
export type { TailPosition } from './tail.ts'
export { Lock } from './lock.ts'
export { sealLedger, segmentsToSeal } from './seal.ts'
export type { Sealed, SealWitness } from './seal.ts'
export { readSegmentRange } from './segment-file.ts'
export { verifyLedger } from './verify.ts'
export type { Finding } from './findings.ts'
export type { VerifySummary } from './verify.ts'
export { decideRetention, diskBytesOf, RECENT_MS } from './retention.ts'
export type { Removal, RetentionPlan, RetentionRule, RetentionRules } from './retention.ts'
export { applyRetention, retainedSegments } from './apply-retention.ts'
export type { LedgerSegment } from './apply-retention.ts'
export { ledgerNotes } from './note.ts'
export type { Note } from './note.ts'
export { sealedWrittenMs } from './manifest.ts'
