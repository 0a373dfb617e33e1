import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { jsonOf, textOf } from '../read.ts'
import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'
import type { Observation } from '../vocabulary.ts'

function answered(observation: Observation, record: SpanLine | LogLine): Observation {
  const error = jsonOf(record.attrs?.['tool_response'])?.['error']
  const message = textOf(error) ?? textOf(jsonOf(error)?.['message'])
  if (message === undefined) return observation
  return { ...observation, error: message.slice(0, 2_000), outcome: 'failed' }
}

/**
 * A tool call has no id here: it is joined to what telemetry tells by name and time, and counts where telemetry told none.
 * PreCompress comes before every turn, whether anything is compressed or not. Seen: 0.61.
 */
export const geminiCliHooks: AgentHooks = {
  agent: 'gemini-cli',
  time: 'timestamp',
  mapping: {
    versions: '>=0',
    session: 'session_id',
    rules: [
      {
        event: 'SessionStarted',
        signal: 'log',
        name: 'SessionStart',
        rank: Rank.fallback,
        fields: { workingDirectory: 'cwd' },
      },
      {
        event: 'SessionPromptSubmitted',
        signal: 'log',
        name: 'BeforeAgent',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { text: 'prompt', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'AfterTool',
        rank: Rank.fallback,
        counts: 'alone',
        outcome: 'ok',
        fields: { name: 'tool_name', workingDirectory: 'cwd' },
        arguments: 'tool_input',
        refine: answered,
      },
      { event: 'SessionCompleted', signal: 'log', name: ['AfterAgent', 'SessionEnd'], rank: Rank.fallback },
    ],
  },
}
