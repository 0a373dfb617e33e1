import { type Activity, field } from './merge.ts'
import type { Cause } from './session-view.ts'
import type { Things } from './things.ts'

/** What agents call a model call that shortens the conversation: Claude Code `compact`, opencode `compaction`, Gemini CLI `utility_compressor`. */
const COMPACTS = /compact|compress/i

export type CauseOf = (activity: Activity) => Cause

/** Why each call of a session was made, as far as the session itself can tell. */
export function causesOf({ modelCalls, toolCalls, compactions }: Things): CauseOf {
  const causes = new Map<Activity, Cause>()
  /** Of each agent the call before: calls come in order of their start. */
  const last = new Map<Activity | undefined, Activity>()
  for (const call of modelCalls) {
    const before = last.get(call.agent)
    last.set(call.agent, call)
    if (call.outcome === 'failed') causes.set(call, 'failed')
    else if ((field(call, 'attempt') ?? 1) > 1 || before?.outcome === 'failed') causes.set(call, 'retry')
    else if (isCompacting(call, compactions)) causes.set(call, 'compaction')
  }
  for (const call of toolCalls) if (call.outcome === 'failed') causes.set(call, 'failed')
  for (const one of compactions) causes.set(one, 'compaction')
  return (activity) => causes.get(activity) ?? 'work'
}

const isCompacting = (call: Activity, compactions: readonly Activity[]): boolean =>
  COMPACTS.test(field(call, 'purpose') ?? '') ||
  compactions.some(
    ({ start, end, agent }) => end > start && agent === call.agent && call.start >= start && call.end <= end,
  )
