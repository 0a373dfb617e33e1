import { textOf } from '../read.ts'
import { Rank, type AgentNames, type TokenNames } from '../mapping.ts'

/** Anthropic reports cached prompt tokens beside input_tokens; reasoning is inside output_tokens and not told apart. */
const tokens: TokenNames = {
  input: ['input_tokens', 'cache_read_tokens', 'cache_creation_tokens'],
  output: ['output_tokens'],
  cacheRead: ['cache_read_tokens'],
  cacheWrite: ['cache_creation_tokens'],
}

const call = {
  requestId: 'request_id',
  promptId: 'prompt.id',
  agentId: 'agent_id',
  parentAgentId: 'parent_agent_id',
  agentName: 'agent.name',
  durationMs: 'duration_ms',
  attempt: 'attempt',
  purpose: 'query_source',
  provider: 'gen_ai.system',
  error: ['error', 'error_message'],
  statusCode: 'status_code',
} as const

const tool = {
  toolUseId: ['tool_use_id', 'gen_ai.tool.call.id'],
  promptId: 'prompt.id',
  agentId: 'agent_id',
  parentAgentId: 'parent_agent_id',
  agentName: 'agent.name',
  durationMs: 'duration_ms',
  name: 'tool_name',
  command: 'full_command',
  inputBytes: 'tool_input_size_bytes',
  outputBytes: 'tool_result_size_bytes',
  error: ['error', 'error_message', 'error_type'],
  success: 'success',
} as const

/**
 * Logs and spans tell every call twice, joined by request_id and tool_use_id. The log's span context is the interaction's
 * or the tool's, not the call's own. Seen: 2.1.
 */
export const claudeCode: AgentNames = {
  agent: 'claude-code',
  services: ['claude-code'],
  scopes: ['com.anthropic.claude_code*'],
  logName: (record) => {
    const name = textOf(record.attrs?.['event.name'])
    return name === undefined ? textOf(record.body) : `claude_code.${name}`
  },
  mappings: [
    {
      versions: '>=1 <3',
      session: 'session.id',
      rules: [
        {
          event: 'SessionPromptSubmitted',
          signal: 'log',
          name: 'claude_code.user_prompt',
          rank: Rank.figures,
          context: 'self',
          fields: { promptId: 'prompt.id', text: 'prompt' },
        },
        {
          event: 'SessionPromptSubmitted',
          signal: 'span',
          name: 'claude_code.interaction',
          rank: Rank.structure,
          fields: { text: 'user_prompt' },
        },
        { event: 'SessionCompleted', signal: 'span', name: 'claude_code.interaction', rank: Rank.structure },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'claude_code.api_request',
          rank: Rank.figures,
          context: 'parent',
          outcome: 'ok',
          fields: { ...call, model: 'model', reportedCostUsd: 'cost_usd', timeToFirstTokenMs: 'ttft_ms' },
          tokens,
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'claude_code.api_error',
          rank: Rank.figures,
          context: 'parent',
          outcome: 'failed',
          fields: { ...call, model: 'model' },
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: 'claude_code.llm_request',
          rank: Rank.structure,
          fields: {
            ...call,
            requestModel: 'model',
            success: 'success',
            finishReason: 'stop_reason',
            timeToFirstTokenMs: 'ttft_ms',
          },
          tokens,
        },
        {
          event: 'SessionToolUsed',
          signal: 'log',
          name: 'claude_code.tool_result',
          rank: Rank.figures,
          context: 'parent',
          fields: tool,
          arguments: 'tool_input',
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: 'claude_code.tool.execution',
          rank: Rank.structure,
          fields: tool,
        },
        // It holds the waiting for a person too: its times stand only where no execution was told.
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: 'claude_code.tool',
          rank: Rank.fallback,
          fields: tool,
        },
        {
          event: 'SessionToolDecided',
          signal: 'log',
          name: 'claude_code.tool_decision',
          rank: Rank.hint,
          fields: { toolUseId: 'tool_use_id', name: 'tool_name', decision: 'decision', decidedBy: 'source' },
        },
        {
          event: 'SessionPersonAwaited',
          signal: 'span',
          name: 'claude_code.tool.blocked_on_user',
          rank: Rank.structure,
          fields: { decision: 'decision', decidedBy: 'source', agentId: 'agent_id' },
        },
        {
          event: 'SessionErrorOccurred',
          signal: 'log',
          name: [
            'claude_code.api_refusal',
            'claude_code.api_retries_exhausted',
            'claude_code.internal_error',
          ],
          rank: Rank.figures,
          fields: { error: ['error', 'error_message', 'error_name'], statusCode: 'status_code' },
        },
        {
          event: 'SessionErrorOccurred',
          signal: 'log',
          name: 'claude_code.mcp_server_connection',
          when: { status: ['failed'] },
          rank: Rank.figures,
          fields: { error: ['error', 'error_message', 'error_code'], name: 'server_name' },
        },
        {
          event: 'SessionCompacted',
          signal: 'log',
          name: 'claude_code.compaction',
          rank: Rank.figures,
          fields: { name: 'trigger', durationMs: 'duration_ms', success: 'success', error: 'error' },
        },
      ],
    },
  ],
}
