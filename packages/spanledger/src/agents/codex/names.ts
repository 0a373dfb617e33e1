import type { LogLine, SpanLine } from '@spanledger/sdk/model'
import { textOf } from '../read.ts'
import { Rank, type AgentNames } from '../mapping.ts'
import type { Observation } from '../vocabulary.ts'

/** Codex says success=true for a command that ran, whatever it exited with; the exit code stands only in the output. */
function exitCode(observation: Observation, record: SpanLine | LogLine): Observation {
  const output = textOf(record.attrs?.['output'])
  const exit = output && /^Process exited with code (-?\d+)$/m.exec(output.slice(0, 2000))?.[1]
  if (exit !== undefined && exit !== '') observation.exitCode = Number(exit)
  return observation
}

/**
 * Tokens stand on the second `response.completed` of a stream, which has no span context and no id: it is joined to
 * `codex.sampling`, the span around it, by time. OpenAI counts cached tokens in input and reasoning in output. Seen: 0.169.
 */
export const codex: AgentNames = {
  agent: 'codex',
  services: ['codex*'],
  scopes: ['codex*'],
  // eventName is a place in Codex's source.
  logName: (record) => textOf(record.attrs?.['event.name']),
  mappings: [
    {
      versions: '>=0.100 <1',
      session: 'conversation.id',
      rules: [
        {
          event: 'SessionStarted',
          signal: 'log',
          name: 'codex.conversation_starts',
          rank: Rank.figures,
          fields: { model: 'model', provider: 'provider_name' },
        },
        {
          event: 'SessionPromptSubmitted',
          signal: 'log',
          name: 'codex.user_prompt',
          rank: Rank.figures,
          fields: { text: 'prompt' },
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'codex.sse_event',
          when: { 'event.kind': ['response.completed'] },
          has: ['input_token_count', 'output_token_count'],
          rank: Rank.figures,
          outcome: 'ok',
          fields: { model: 'model', timeToFirstTokenMs: 'ttft_ms' },
          tokens: {
            input: ['input_token_count'],
            output: ['output_token_count'],
            cacheRead: ['cached_token_count'],
            cacheWrite: ['cache_write_token_count'],
            reasoning: ['reasoning_token_count'],
          },
        },
        {
          event: 'SessionModelCalled',
          signal: 'log',
          name: 'codex.api_request',
          has: ['error.message'],
          rank: Rank.figures,
          outcome: 'failed',
          fields: {
            model: 'model',
            durationMs: 'duration_ms',
            attempt: 'attempt',
            statusCode: 'http.response.status_code',
            error: 'error.message',
          },
        },
        {
          event: 'SessionModelCalled',
          signal: 'span',
          name: 'codex.sampling',
          rank: Rank.fallback,
          counts: 'alone',
        },
        {
          event: 'SessionToolUsed',
          signal: 'log',
          name: 'codex.tool_result',
          rank: Rank.figures,
          context: 'parent',
          fields: {
            toolUseId: 'call_id',
            name: 'tool_name',
            durationMs: 'duration_ms',
            success: 'success',
            error: 'error',
          },
          arguments: 'arguments',
          result: 'output',
          refine: exitCode,
        },
        {
          event: 'SessionToolUsed',
          signal: 'span',
          name: '*',
          when: { 'codex.tool.phase': ['dispatch'] },
          rank: Rank.structure,
          fields: { toolUseId: 'call_id', name: 'tool_name' },
        },
        {
          event: 'SessionToolDecided',
          signal: 'log',
          name: 'codex.tool_decision',
          rank: Rank.hint,
          fields: { toolUseId: 'call_id', name: 'tool_name', decision: 'decision', decidedBy: 'source' },
        },
        {
          event: 'SessionCompleted',
          signal: 'span',
          name: 'session_task.turn',
          session: 'thread.id',
          rank: Rank.structure,
        },
        {
          event: 'SessionCompacted',
          signal: 'span',
          name: ['session_task.compact', 'compact_task'],
          session: ['conversation.id', 'thread.id'],
          rank: Rank.structure,
        },
      ],
    },
  ],
}
