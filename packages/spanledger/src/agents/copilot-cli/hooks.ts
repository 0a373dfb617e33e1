import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { jsonOf, textOf } from '../read.ts'
import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'
import type { Observation } from '../vocabulary.ts'

const EXIT = /exit code (-?\d+)>?\s*$/

/** The shell's exit code is the last thing in its text. */
function answered(observation: Observation, record: SpanLine | LogLine): Observation {
  const result = jsonOf(record.attrs?.['toolResult'])
  const type = textOf(result?.['resultType'])
  const exit = EXIT.exec(textOf(result?.['textResultForLlm'])?.slice(-200) ?? '')?.[1]
  const outcome = type === 'denied' || type === 'rejected' ? 'rejected' : type === 'failure' ? 'failed' : 'ok'
  return {
    ...observation,
    ...(exit === undefined ? {} : { exitCode: Number(exit) }),
    outcome: outcome === 'ok' && exit !== undefined && exit !== '0' ? 'failed' : outcome,
  }
}

/** As Gemini CLI's, a tool call has no id. Its own file of hooks; what it is asked for stands in no payload. Seen: 1.0. */
export const copilotCliHooks: AgentHooks = {
  agent: 'copilot-cli',
  time: 'timestamp',
  mapping: {
    versions: '>=0',
    session: 'sessionId',
    rules: [
      {
        event: 'SessionStarted',
        signal: 'log',
        name: 'sessionStart',
        rank: Rank.fallback,
        fields: { workingDirectory: 'cwd' },
      },
      {
        event: 'SessionPromptSubmitted',
        signal: 'log',
        name: 'userPromptSubmitted',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { text: 'prompt', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: ['postToolUse', 'postToolUseFailure'],
        rank: Rank.fallback,
        counts: 'alone',
        fields: { name: 'toolName', workingDirectory: 'cwd', error: 'error' },
        arguments: 'toolArgs',
        refine: answered,
      },
      {
        event: 'SessionErrorOccurred',
        signal: 'log',
        name: 'errorOccurred',
        rank: Rank.fallback,
        fields: { error: 'error' },
        refine: (observation, record) => {
          const message = textOf(jsonOf(record.attrs?.['error'])?.['message'])
          return message === undefined ? observation : { ...observation, error: message.slice(0, 2_000) }
        },
      },
      { event: 'SessionCompleted', signal: 'log', name: ['agentStop', 'sessionEnd'], rank: Rank.fallback },
    ],
  },
}
