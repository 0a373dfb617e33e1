import { Rank } from '../mapping.ts'
import type { AgentHooks } from '../observe-hook.ts'

/** What our plugin hands on (connect/opencode-plugin.ts): opencode has no hooks that run commands. Seen: 1.18. */
export const opencodeHooks: AgentHooks = {
  agent: 'opencode',
  mapping: {
    versions: '>=1',
    session: 'session_id',
    rules: [
      {
        event: 'SessionStarted',
        signal: 'log',
        name: 'session.created',
        rank: Rank.fallback,
        fields: { workingDirectory: 'cwd', parentSession: 'parent_id' },
      },
      {
        event: 'SessionPromptSubmitted',
        signal: 'log',
        name: 'chat.message',
        rank: Rank.fallback,
        counts: 'alone',
        fields: { text: 'prompt', workingDirectory: 'cwd' },
      },
      {
        event: 'SessionToolUsed',
        signal: 'log',
        name: 'tool.execute.after',
        rank: Rank.fallback,
        outcome: 'ok',
        fields: {
          toolUseId: 'tool_use_id',
          name: 'tool_name',
          durationMs: 'duration_ms',
          exitCode: 'exit_code',
          workingDirectory: 'cwd',
        },
        arguments: 'tool_input',
      },
      {
        event: 'SessionErrorOccurred',
        signal: 'log',
        name: 'session.error',
        rank: Rank.fallback,
        fields: { error: 'error' },
      },
      {
        event: 'SessionCompacted',
        signal: 'log',
        name: 'session.compacted',
        rank: Rank.fallback,
        counts: 'alone',
      },
      { event: 'SessionCompleted', signal: 'log', name: 'session.idle', rank: Rank.fallback },
    ],
  },
}
