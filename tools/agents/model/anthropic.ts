import { count, type Answer, type Protocol, type Reply } from './protocol.ts'

/** Anthropic Messages: cached tokens are reported beside input_tokens, reasoning is not told apart. */
export const anthropic: Protocol = {
  matches: (url) => url.includes('/v1/messages'),
  tools: (body) => (body.tools ?? []).map((tool: { name: string }) => tool.name),
  results: (text) => count(text, '"type":"tool_result"'),
  model: (body) => body.model,
  streams: (body) => body.stream === true,
  truth: ({ input, cacheRead, cacheWrite, output }) => ({
    input: input + cacheRead + cacheWrite,
    cacheRead,
    cacheWrite,
    output,
    reasoning: 0,
  }),
  aside: 'ok',
  reply,
}

function reply({ number, model, text, call, usage, stream }: Answer): Reply {
  const counted = {
    input_tokens: usage.input,
    cache_creation_input_tokens: usage.cacheWrite,
    cache_read_input_tokens: usage.cacheRead,
    output_tokens: usage.output,
  }
  const block = call
    ? { type: 'tool_use', id: `toolu_${number}`, name: call.name, input: call.args }
    : { type: 'text', text }
  const message = {
    id: `msg_${number}`,
    type: 'message',
    role: 'assistant',
    model,
    content: [block],
    stop_reason: call ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: counted,
  }
  if (!stream) return { body: message }
  const start = { ...message, content: [], stop_reason: null, usage: { ...counted, output_tokens: 1 } }
  const events: [string, Record<string, unknown>][] = [
    ['message_start', { message: start }],
    [
      'content_block_start',
      { index: 0, content_block: call ? { ...block, input: {} } : { type: 'text', text: '' } },
    ],
    [
      'content_block_delta',
      {
        index: 0,
        delta: call
          ? { type: 'input_json_delta', partial_json: JSON.stringify(call.args) }
          : { type: 'text_delta', text },
      },
    ],
    ['content_block_stop', { index: 0 }],
    [
      'message_delta',
      {
        delta: { stop_reason: message.stop_reason, stop_sequence: null },
        usage: { output_tokens: usage.output },
      },
    ],
    ['message_stop', {}],
  ]
  return { body: message, events: events.map(([type, data]) => [type, { type, ...data }]) }
}
