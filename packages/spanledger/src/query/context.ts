import type { Home, RetentionRules } from '@spanledger/sdk/ledger'
import type { EventStore } from '@spanledger/sdk/store'
import type { Platform } from '@spanledger/sdk/platform'
import type { Transcoder } from '../otlp/index.ts'
import type { Redactor } from '@spanledger/sdk/redact'
import type { User } from '../transcripts/index.ts'
import type { OutcomesModel, Projection, SessionReadModel } from '../projection/index.ts'
import type { Work } from '../work/index.ts'
import type { Columns } from './columns/columns.ts'
import type { WithEngine } from './duck/engine.ts'
import type { SegmentIndexes } from './segments/segment-index.ts'

/** What queries are answered from. Costly parts are functions: opened by the first question that needs them, then kept. */
export interface QueryContext {
  platform: Platform
  home: Home
  indexes: SegmentIndexes
  columns: Columns
  withEngine: WithEngine
  events(): Promise<EventStore>
  sessions(): Promise<SessionReadModel>
  /** What became of the work: attempts of runs, commits, pull requests. */
  outcomes(): Promise<OutcomesModel>
  /** Tasks and who works on them. */
  work(): Promise<Work>
  /** Everything that is derived from the ledger and kept. */
  projections(): Promise<readonly Projection[]>
  /** For `import`, which is the only question that writes signals. */
  transcoder(): Promise<Transcoder>
  /** For what is taken in without being OTLP. */
  redactor(): Promise<Redactor>
  /** Standard input, once, for `import`. */
  input(): AsyncIterable<Buffer>
  /** Whose agents' files are looked for. */
  user: User
  /** The daemon that keeps this home, if one runs. */
  daemon(): Promise<DaemonInfo | undefined>
  /** As config.yaml has them. */
  retention(): Promise<RetentionRules>
  version: string
  /** Aborted when the questions are closed: ends what follows the ledger. */
  stopped: AbortSignal
}

/** HOME/run/daemon.json. */
export interface DaemonInfo {
  pid: number
  port: number
  otlpHttpPort?: number
  otlpGrpcPort?: number
  /** What it took in since it started; known to itself only. */
  received?: ReceivedCounts
}

/** Counts since the daemon started. */
interface ReceivedCounts {
  requests: number
  spans: number
  logs: number
  metrics: number
  /** Records refused by themselves, and requests refused whole. */
  rejected: number
  malformed: number
  /** Places where a secret stood. */
  redacted: number
}
