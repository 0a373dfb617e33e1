import { Rank, type AgentNames } from '../mapping.ts'

/**
 * An orchestrator that names spans and attributes in its own words instead of the gen_ai conventions'. It names no session: a trace
 * is one. Source: Orchestrate's "OpenTelemetry Tracing".
 */
export const orchestrate: AgentNames = {
  agent: 'orchestrate',
  services: ['orchestrate'],
  scopes: ['orchestrate*'],
  traceIsSession: true,
  mappings: [
    {
      versions: '>=0',
      session: ['gen_ai.conversation.id', 'session_id'],
      rules: [
        {
          event: 'SessionAgentInvoked',
          signal: 'span',
          name: ['agent_execution', 'agent.execution'],
          rank: Rank.structure,
          fields: { agentId: 'agent_id', name: 'agent_type', error: 'error' },
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: ['tool_call', 'tool.call'],
          rank: Rank.figures,
          fields: {
            agentId: 'agent_id',
            toolUseId: 'tool_call_id',
            name: 'tool_name',
            command: 'command',
            exitCode: 'exit_code',
            error: 'error',
          },
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: ['api_call', 'api.call'],
          rank: Rank.figures,
          fields: {
            agentId: 'agent_id',
            model: 'model',
            requestModel: 'model',
            statusCode: 'status',
            error: 'error',
          },
          tokens: {
            input: ['input_tokens'],
            output: ['output_tokens'],
            cacheRead: ['cache_read_tokens'],
            cacheWrite: ['cache_write_tokens'],
          },
        },
      ],
    },
  ],
}
