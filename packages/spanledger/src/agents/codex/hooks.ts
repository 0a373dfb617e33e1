import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'

/** Claude Code's names. A tool's answer is its output alone: how a command exited stands in the telemetry only. Seen: 0.169. */
export const codexHooks: AgentHooks = {
  agent: 'codex',
  mapping: {
    versions: '>=0',
    session: 'session_id',
    rules: [
      {
        event: 'SessionStarted',
        signal: 'log',
        name: 'SessionStart',
        rank: Rank.fallback,
        fields: { model: 'model', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionPromptSubmitted',
        signal: 'log',
        name: 'UserPromptSubmit',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { text: 'prompt', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'PostToolUse',
        rank: Rank.hint,
        fields: { toolUseId: 'tool_use_id', name: 'tool_name', workingDirectory: 'cwd' },
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
