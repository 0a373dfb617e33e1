import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { jsonOf, numberOf, textOf } from '../read.ts'
import { Rank, type AgentNames } from '../mapping.ts'
import type { Observation } from '../vocabulary.ts'

/** `success` is true for a command that ran; how it exited stands in the metadata, as JSON text. */
function shell(observation: Observation, record: SpanLine | LogLine): Observation {
  const metadata = jsonOf(record.attrs?.['metadata'])
  const exit = numberOf(metadata?.['exitCode'])
  if (exit !== undefined) observation.exitCode = exit
  if (metadata?.['isError'] === true) observation.isError = true
  return byAgent(observation, record)
}

/** A subagent's prompts are called `<agent id>#<turn>`; the session's own `<session id>` or `<session id>########<turn>`. */
function byAgent(observation: Observation, record: SpanLine | LogLine): Observation {
  const prompt = textOf(record.attrs?.['prompt_id'] ?? record.attrs?.['gen_ai.prompt.name'])
  const agent = prompt && /^([^#]+)#\d+$/.exec(prompt)?.[1]
  if (agent && agent !== observation.session) observation.agentId = agent
  return observation
}

/**
 * Logs carry the figures: spans leave thoughts and cache out. `api_response` of a streamed answer has no span context, so it
 * is joined to `llm_call` by time. Gemini counts thoughts and tool-use prompts beside output and input.
 * `service.version` is Node's version: the agent's own is nowhere. Seen: 0.61.
 */
export const geminiCli: AgentNames = {
  agent: 'gemini-cli',
  services: ['gemini-cli'],
  scopes: ['gemini-cli'],
  version: null,
  mappings: [
    {
      versions: '>=0.1 <1',
      session: ['session.id', 'gen_ai.conversation.id'],
      rules: [
        { event: 'SessionStarted', signal: 'log', name: 'gemini_cli.config', rank: Rank.figures },
        {
          event: 'SessionPromptSubmitted',
          signal: 'log',
          name: 'gemini_cli.user_prompt',
          rank: Rank.figures,
          fields: { promptId: 'prompt_id', text: 'prompt' },
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'gemini_cli.api_response',
          rank: Rank.figures,
          // Of a streamed answer the context is that of whatever the call happened in.
          context: 'parent',
          outcome: 'ok',
          fields: {
            model: 'model',
            durationMs: 'duration_ms',
            purpose: 'role',
            finishReason: 'finish_reasons',
            statusCode: 'status_code',
            error: 'error',
          },
          tokens: {
            input: ['input_token_count', 'tool_token_count'],
            output: ['output_token_count', 'thoughts_token_count'],
            cacheRead: ['cached_content_token_count'],
            reasoning: ['thoughts_token_count'],
          },
          refine: byAgent,
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'gemini_cli.api_error',
          rank: Rank.figures,
          context: 'parent',
          outcome: 'failed',
          fields: {
            model: ['model_name', 'model'],
            durationMs: ['duration_ms', 'duration'],
            purpose: 'role',
            statusCode: 'status_code',
            error: ['error.message', 'error', 'error_message'],
          },
          refine: byAgent,
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: 'llm_call',
          rank: Rank.structure,
          fields: { requestModel: 'gen_ai.request.model', agentId: 'gen_ai.agent.id' },
          tokens: { input: ['gen_ai.usage.input_tokens'], output: ['gen_ai.usage.output_tokens'] },
          refine: byAgent,
        },
        {
          event: 'SessionToolUsed',
          signal: 'log',
          name: 'gemini_cli.tool_call',
          rank: Rank.figures,
          context: 'parent',
          fields: {
            name: 'function_name',
            durationMs: 'duration_ms',
            success: 'success',
            decision: 'decision',
            error: ['error', 'error.message', 'error_type'],
            agentId: 'agent_id',
            outputBytes: 'content_length',
          },
          arguments: 'function_args',
          refine: shell,
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: 'tool_call',
          rank: Rank.structure,
          fields: { toolUseId: ['gen_ai.tool.call_id', 'gen_ai.tool.call.id'], name: 'gen_ai.tool.name' },
        },
        {
          event: 'SessionSubagentStarted',
          signal: 'log',
          name: ['gemini_cli.agent.start', 'gemini_cli.agent.finish'],
          rank: Rank.figures,
          fields: { agentId: 'agent_id', name: 'agent_name', durationMs: 'duration_ms' },
        },
        {
          event: 'SessionErrorOccurred',
          signal: 'log',
          name: [
            'gemini_cli.chat.content_retry_failure',
            'gemini_cli.malformed_json_response',
            'gemini_cli.invalid_chunk',
          ],
          rank: Rank.figures,
          fields: { error: ['error.message', 'error', 'final_error_type'] },
        },
        { event: 'SessionCompacted', signal: 'log', name: 'gemini_cli.chat_compression', rank: Rank.figures },
        {
          event: 'SessionCompleted',
          signal: 'log',
          name: 'gemini_cli.conversation_finished',
          rank: Rank.figures,
        },
      ],
    },
  ],
}
