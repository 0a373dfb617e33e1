import type { Observation, SessionEventName } from '../agents/index.ts'
import { findingTold, findingWords } from './findings.ts'

type Words = (data: Partial<Observation>) => (string | undefined)[]

/** What an event says, in pieces of a line; those that are not told are left out. */
const WORDS: Record<SessionEventName, Words> = {
  SessionStarted: ({ agent, agentVersion, workingDirectory, parentSession }) => [
    `session started: ${[agent, agentVersion].filter(Boolean).join(' ')}`,
    workingDirectory && `in ${workingDirectory}`,
    parentSession && `for session ${parentSession}`,
  ],
  SessionPromptSubmitted: ({ text }) => ['prompt', text],
  SessionModelCalled: ({ model, requestModel, tokens, finishReason, outcome, error, ...data }) => [
    outcome === 'failed' ? 'model call failed' : 'model called',
    model ?? requestModel,
    tokens && `${tokens.input ?? '?'} tokens in, ${tokens.output ?? '?'} out`,
    finishReason,
    error,
    took(data),
  ],
  SessionToolUsed: ({ name, command, outcome, exitCode, error, ...data }) => [
    outcome === 'failed' ? 'tool failed' : outcome === 'rejected' ? 'tool rejected' : 'tool used',
    name,
    command,
    exitCode ? `exit ${exitCode}` : undefined,
    error,
    took(data),
  ],
  SessionToolDecided: ({ name, decision, decidedBy }) => [
    'tool decided',
    name,
    decision,
    decidedBy && `by ${decidedBy}`,
  ],
  SessionPersonAwaited: ({ name, ...data }) => ['waited for a person', name, took(data)],
  SessionErrorOccurred: ({ name, error }) => ['error', name, error],
  SessionCompacted: () => ['conversation compacted'],
  SessionAgentInvoked: ({ agentName, name, outcome, ...data }) => [
    outcome === 'failed' ? 'agent failed' : 'agent worked',
    agentName ?? name,
    took(data),
  ],
  SessionSubagentStarted: ({ agentName, name, agentId }) => [
    'subagent started',
    agentName ?? name ?? agentId,
  ],
  SessionCompleted: () => ['session completed'],
  SessionFailed: ({ error }) => ['session failed', error],
  SessionTied: ({ run, task, branch, confidence, because }) => [
    'session tied',
    task && `task ${task}`,
    run && `run ${run}`,
    branch && `branch ${branch}`,
    because,
    confidence === undefined ? undefined : `${Math.round(confidence * 100)} %`,
  ],
  SessionUntied: ({ because }) => ['session belongs to no task and no run', because],
  SessionHooksMissed: ({ missed }) => [`hooks missed: ${missed ?? '?'}`],
}

function took({ durationMs, startUnixNano, endUnixNano }: Partial<Observation>): string | undefined {
  const spanned =
    startUnixNano === undefined || endUnixNano === undefined
      ? undefined
      : (Number(endUnixNano) - Number(startUnixNano)) / 1e6
  const ms = durationMs ?? spanned
  if (ms === undefined || ms <= 0) return undefined
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** One line for a person, of any event. Untrusted text stays as it was told. */
export function wordsOf(event: string, data: unknown): string {
  const told = findingTold(event, data)
  if (told) return 'found' in told ? findingWords(told.found) : `${told.cleared.kind} is over`
  if (!Object.hasOwn(WORDS, event) || typeof data !== 'object' || data === null)
    return event.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, ' ').toLowerCase()
  return WORDS[event as SessionEventName](data)
    .filter((piece) => piece !== undefined && piece !== '')
    .join(' · ')
}
