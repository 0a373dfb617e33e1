import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { textOf } from '../read.ts'
import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'
import type { Observation } from '../vocabulary.ts'

function versioned(observation: Observation, record: SpanLine | LogLine): Observation {
  const version = textOf(record.attrs?.['cursor_version'])
  return version === undefined ? observation : { ...observation, agentVersion: version }
}

const call = {
  toolUseId: 'tool_use_id',
  promptId: 'generation_id',
  name: 'tool_name',
  durationMs: 'duration',
  workingDirectory: ['cwd', 'workspace_roots'],
} as const

/** It sends no telemetry: all that is known of its sessions comes from here. As its documentation has them (version 1). */
export const cursorHooks: AgentHooks = {
  agent: 'cursor',
  mapping: {
    versions: '>=0',
    session: 'conversation_id',
    rules: [
      {
        event: 'SessionStarted',
        signal: 'log',
        name: 'sessionStart',
        rank: Rank.figures,
        fields: { model: 'model', workingDirectory: 'workspace_roots' },
        refine: versioned,
      },
      {
        event: 'SessionPromptSubmitted',
        signal: 'log',
        name: 'beforeSubmitPrompt',
        rank: Rank.figures,
        fields: { text: 'prompt', promptId: 'generation_id', workingDirectory: 'workspace_roots' },
        refine: versioned,
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'postToolUse',
        rank: Rank.figures,
        outcome: 'ok',
        fields: call,
        arguments: 'tool_input',
        refine: versioned,
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'postToolUseFailure',
        rank: Rank.figures,
        outcome: 'failed',
        fields: { ...call, error: ['error_message', 'failure_type'] },
        arguments: 'tool_input',
        refine: versioned,
      },
      {
        event: 'SessionSubagentStarted',
        signal: 'log',
        name: 'subagentStart',
        rank: Rank.figures,
        fields: { agentId: 'subagent_id', agentName: 'subagent_type' },
      },
      {
        event: 'SessionCompacted',
        signal: 'log',
        name: 'preCompact',
        rank: Rank.figures,
        fields: { name: 'trigger' },
      },
      {
        event: 'SessionErrorOccurred',
        signal: 'log',
        name: 'stop',
        when: { status: ['error'] },
        rank: Rank.figures,
        fields: { error: 'error_message' },
      },
      { event: 'SessionCompleted', signal: 'log', name: ['stop', 'sessionEnd'], rank: Rank.figures },
    ],
  },
}
