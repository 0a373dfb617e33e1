import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'

const tool = {
  toolUseId: 'tool_use_id',
  promptId: 'prompt_id',
  agentId: 'agent_id',
  agentName: 'agent_type',
  durationMs: 'duration_ms',
  name: 'tool_name',
  workingDirectory: 'cwd',
} as const

/** Hooks tell what telemetry leaves out: where the session works, and that it ended. Seen: 2.1. */
export const claudeCodeHooks: AgentHooks = {
  agent: 'claude-code',
  mapping: {
    versions: '>=1',
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
        name: 'UserPromptSubmit',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { promptId: 'prompt_id', text: 'prompt', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'PostToolUse',
        rank: Rank.fallback,
        outcome: 'ok',
        fields: tool,
        arguments: 'tool_input',
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'PostToolUseFailure',
        rank: Rank.fallback,
        outcome: 'failed',
        fields: { ...tool, error: 'error' },
        arguments: 'tool_input',
      },
      {
        event: 'SessionSubagentStarted',
        signal: 'log',
        name: 'SubagentStart',
        rank: Rank.fallback,
        fields: { agentId: 'agent_id', agentName: 'agent_type' },
      },
      {
        event: 'SessionCompacted',
        signal: 'log',
        name: 'PreCompact',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { name: 'trigger' },
      },
      { event: 'SessionCompleted', signal: 'log', name: ['Stop', 'SessionEnd'], rank: Rank.fallback },
    ],
  },
}
