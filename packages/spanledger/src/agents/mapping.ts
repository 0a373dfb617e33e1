import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import type { ObservedFields, Observation, SessionEventName } from './vocabulary.ts'

/** Attribute names, in order of preference: the first that is there is taken. */
export type From = string | readonly string[]

/** What each token figure is the sum of. */
export interface TokenNames {
  input: readonly From[]
  output: readonly From[]
  cacheRead?: readonly From[]
  cacheWrite?: readonly From[]
  reasoning?: readonly From[]
}

/**
 * Whose word counts: figures are told best by the record made for them, structure and times by spans. A transcript keeps figures
 * that spans leave out; what it wrote before an answer was over stands only where nobody told better.
 */
export const Rank = { hint: 0, draft: 0.5, fallback: 1, structure: 2, transcript: 2.5, figures: 3 } as const

/** One kind of record that tells something about a session. */
export interface Rule {
  event: SessionEventName
  signal: 'span' | 'log'
  /** Span name, or the log's event name; a `*` at the end stands for anything. */
  name: string | readonly string[]
  /** Attributes that must have one of these values (as text). */
  when?: Readonly<Record<string, readonly string[]>>
  /** At least one of these attributes must be there. */
  has?: readonly string[]
  /** None of these attributes may be there. */
  lacks?: readonly string[]
  /** Only spans without (or with) a parent. */
  root?: boolean
  rank: number
  counts?: 'alone' | 'never'
  /** What a log's span context names: the thing itself, or the span it happened in. */
  context?: 'self' | 'parent'
  /** The record's time is not the thing's: keep none. */
  timeless?: boolean
  session?: From
  fields?: Readonly<Partial<Record<keyof ObservedFields, From>>>
  /** Where the arguments of a tool's call stand, as JSON: a shell's command is in there. */
  arguments?: From
  /** Where a tool's result stands, as text or JSON. */
  result?: From
  tokens?: TokenNames
  outcome?: 'ok' | 'failed' | 'rejected'
  /** Where a name cannot say it: adds to the observation, or returns undefined when the record tells nothing after all. */
  refine?: (observation: Observation, record: SpanLine | LogLine) => Observation | undefined
}

/** Names of one range of an agent's versions. */
export interface Mapping {
  /** `>=2.0 <3`. */
  versions: string
  session: From
  rules: readonly Rule[]
}

/** One coding agent: how to know its telemetry, and what its names mean. */
export interface AgentNames {
  agent: string
  services: readonly string[]
  /** Scope names; a `*` at the end stands for anything. */
  scopes: readonly string[]
  /** Where its own version stands, when `service.version` is not it; null when nowhere. */
  version?: From | null
  /** A record that names no session is of its trace's: for agents that name none. */
  traceIsSession?: true
  /** The event name of a log record; absent: eventName, or the attribute `event.name`. */
  logName?: (record: LogLine) => string | undefined
  /** Oldest first. */
  mappings: readonly Mapping[]
}
