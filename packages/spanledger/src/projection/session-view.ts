import type { Finding } from './findings.ts'
import type { Tie } from './tied.ts'

/**
 * The answer to "what did this session do, what did it cost, where did the time go": the shape of
 * `spanledger sessions --json` and `session show --json`.
 *
 * Times are ISO 8601 in UTC with milliseconds, durations milliseconds, money US dollars.
 */

/**
 * Tokens mean the same for every agent and provider.
 *
 * input   all prompt tokens, cached ones included; cacheRead and cacheWrite are parts of it.
 * output  all generated tokens, reasoning included; reasoning is a part of it.
 */
export interface Tokens {
  input: number
  output: number
  cacheRead: number
  cacheWrite: number
  reasoning: number
}

/**
 * completed, failed  the agent said so
 * active             no end seen, and heard of within the last five minutes
 * silent             no end seen, and not heard of for longer
 */
export type SessionStatus = 'active' | 'silent' | 'completed' | 'failed'

export interface SessionSummary {
  id: string
  agent: string
  agentVersion: string | null
  status: SessionStatus
  startedAt: string
  /** Last thing heard of it while no end was seen. */
  endedAt: string | null
  workingDirectory: string | null
  /** Of the `spanledger run` it belongs to: its id, its task, and where git stood when it began. */
  run: string | null
  task: string | null
  repository: string | null
  branch: string | null
  worktree: string | null
  /** Where one of these five is not told by the agent: who says it, how sure, and why. */
  ties: Tie[]
  models: string[]
  prompts: number
  modelCalls: number
  failedModelCalls: number
  toolCalls: number
  failedToolCalls: number
  subagents: number
  errors: number
  compactions: number
  tokens: Tokens
  /** Null when no model call could be priced. */
  costUsd: number | null
  /** Model calls without a price or without tokens: costUsd leaves them out. */
  unpricedModelCalls: number
  /** What the figures came from, as `<signal>:<name>`: `log:claude_code.api_request`. */
  sources: string[]
  /** What was found while it worked, by time: stuck, run away, over a limit. Absent when nothing was. */
  findings?: Finding[]
}

/**
 * Why money and time were spent.
 *
 * failed      a call that failed; everything of a session that failed, or of an attempt of a run that did
 * retry       a model call made again because the one before it failed; everything of an attempt after the first
 * compaction  shortening the conversation
 * work        all else
 *
 * Each thing has one cause: the first of these that fits.
 */
export const CAUSES = ['failed', 'retry', 'compaction', 'work'] as const
export type Cause = (typeof CAUSES)[number]

/** What a session's model calls of one day (of their start, in UTC) with one model and cause came to: what `cost` adds up. */
export interface Spending {
  day: string
  model: string
  /** As the session alone tells it: that it failed as a whole is for whoever adds up. */
  cause: Cause
  modelCalls: number
  /** Each call's duration for itself, also where calls overlap: whole milliseconds. */
  callMs: number
  unpricedModelCalls: number
  tokens: Tokens
  costUsd: number | null
}

/** One thing a session did; a session's tree is agents with their model calls, tool calls and the rest inside, in order of start. */
export interface ActivityNode {
  kind: 'agent' | 'prompt' | 'modelCall' | 'toolCall' | 'wait' | 'error' | 'compaction'
  id: string
  /** Model, tool or agent name; the prompt's or error's text when it was kept. */
  name: string
  startedAt: string
  durationMs: number
  outcome: 'ok' | 'failed' | 'rejected' | 'unknown'
  /** A short line more: a command, an error message, a finish reason. */
  detail?: string
  tokens?: Tokens
  costUsd?: number | null
  sources: string[]
  /**
   * That it stands under this agent, spans do not tell. It was found out by the agent's id on it (or none, where the others
   * have one), by the tool call its agent worked in, or by time: the innermost agent around it, else the session's own.
   */
  inferred?: 'agent-id' | 'tool-call' | 'time'
  children: ActivityNode[]
}

/** Where the wall time went: the parts add up to totalMs; what overlaps counts once, in the order tools, waiting, model. */
export interface TimeSpent {
  totalMs: number
  modelMs: number
  toolMs: number
  waitingMs: number
  idleMs: number
}

/**
 * Where a session's time of one day (in UTC) went, in whole milliseconds. Model, tools, waiting and idle add up to totalMs;
 * failed, retry and compaction are parts of it too, which do not overlap each other.
 */
export interface Course extends TimeSpent {
  day: string
  /** When its time of that day began: it was open from then on for totalMs. Milliseconds since 1970. */
  startMs: number
  failedMs: number
  retryMs: number
  compactionMs: number
}

export interface SessionDetail extends SessionSummary {
  time: TimeSpent
  costByModel: { model: string; modelCalls: number; tokens: Tokens; costUsd: number | null }[]
  /** Which sources told a figure, which one was chosen, and why: only where more than one told it, or one is missing. */
  notes: string[]
  tree: ActivityNode[]
  /** Nodes left out of the tree because of the limit asked for. */
  omitted: number
}
