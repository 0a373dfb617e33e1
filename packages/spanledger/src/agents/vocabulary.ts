import type { NewEvent, UnixNano } from '@spanledger/sdk/model'

/**
 * The words every agent's telemetry is turned into. Described for readers in docs/reference/events.md.
 */
export type SessionEventName =
  | 'SessionStarted'
  | 'SessionPromptSubmitted'
  | 'SessionModelCalled'
  | 'SessionToolUsed'
  | 'SessionToolDecided'
  | 'SessionPersonAwaited'
  | 'SessionErrorOccurred'
  | 'SessionCompacted'
  | 'SessionAgentInvoked'
  | 'SessionSubagentStarted'
  | 'SessionCompleted'
  | 'SessionFailed'
  | 'SessionTied'
  | 'SessionUntied'
  | 'SessionHooksMissed'

/**
 * Tokens with one meaning for all agents and providers.
 *
 * input   all prompt tokens; cacheRead and cacheWrite are parts of it.
 * output  all generated tokens; reasoning is a part of it.
 * A part that the agent does not report is absent here, not zero.
 */
export interface ObservedTokens {
  input?: number
  output?: number
  cacheRead?: number
  cacheWrite?: number
  reasoning?: number
}

/**
 * What one record told about a session. The same call is often told by several records (a log and a span); the projection
 * makes one call of them.
 *
 * keys    Identities of the thing observed. Observations that share a key are observations of the same thing.
 * rank    Whose word counts when two records tell the same field differently: the higher one's.
 * counts  'alone': makes a call only when nothing of higher rank told one in this session; 'never': only adds to calls others told.
 * source  `<signal>:<name>` of the record: `log:claude_code.api_request`.
 */
export interface Observation extends ObservedFields {
  session: string
  /** From the resource: the `spanledger run` it was recorded in, the task that was for, and where git stood. */
  run?: string
  task?: string
  repository?: string
  branch?: string
  worktree?: string
  agent: string
  agentVersion?: string
  source: string
  rank: number
  counts?: 'alone' | 'never'
  keys?: string[]
  startUnixNano?: UnixNano
  endUnixNano?: UnixNano
  trace?: string
  span?: string
  parentSpan?: string
  outcome?: 'ok' | 'failed' | 'rejected'
  /** Of a tie, which somebody else than the agent tells: who, how sure (0 to 1), and why. */
  by?: 'hand' | 'spanledger'
  confidence?: number
  because?: string
  tokens?: ObservedTokens
}

export interface ObservedFields {
  requestId?: string
  toolUseId?: string
  promptId?: string
  agentId?: string
  parentAgentId?: string
  agentName?: string
  parentSession?: string
  name?: string
  model?: string
  requestModel?: string
  provider?: string
  purpose?: string
  command?: string
  /** Equal for calls that ask for the same, and for results that say the same; sizes where an agent tells no more. */
  inputHash?: string
  inputBytes?: number
  outputHash?: string
  outputBytes?: number
  text?: string
  error?: string
  finishReason?: string
  decision?: string
  decidedBy?: string
  workingDirectory?: string
  durationMs?: number
  timeToFirstTokenMs?: number
  statusCode?: number
  exitCode?: number
  attempt?: number
  /** Runs of hooks of which nothing arrived. */
  missed?: number
  reportedCostUsd?: number
  success?: boolean
  isError?: boolean
}

export interface SessionEvent extends NewEvent<SessionEventName, Observation> {
  /** `session-<the agent's id of the session>`. */
  stream: string
}
