import { count, type Answer, type Protocol, type Reply } from './protocol.ts'

/** OpenAI counts cached tokens in input and reasoning in output; cache writes are not told. */
const truth: Protocol['truth'] = (usage) => ({ ...usage, cacheWrite: 0 })

/** OpenAI Responses. */
export const responses: Protocol = {
  matches: (url) => url.includes('/responses'),
  tools: (body) => (body.tools ?? []).map((tool: { name?: string; type: string }) => tool.name ?? tool.type),
  results: (text) => count(text, '"type":"function_call_output"'),
  model: (body) => body.model,
  streams: (body) => body.stream === true,
  truth,
  aside: 'A title',
  reply: responsesReply,
}

function responsesReply({ number, model, text, call, usage, stream }: Answer): Reply {
  const item = call
    ? {
        type: 'function_call',
        id: `fc_${number}`,
        call_id: `call_${number}`,
        name: call.name,
        arguments: JSON.stringify(call.args),
        status: 'completed',
      }
    : {
        type: 'message',
        id: `msg_${number}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text, annotations: [] }],
      }
  const body = {
    id: `resp_${number}`,
    object: 'response',
    created_at: Math.floor(Date.now() / 1000),
    status: 'completed',
    model,
    output: [item],
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: usage.cacheRead },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: usage.reasoning },
      total_tokens: usage.input + usage.output,
    },
  }
  if (!stream) return { body }
  const place = { item_id: item.id, output_index: 0 }
  const part = { ...place, content_index: 0 }
  const middle: [string, Record<string, unknown>][] = call
    ? [
        ['response.function_call_arguments.delta', { ...place, delta: JSON.stringify(call.args) }],
        ['response.function_call_arguments.done', { ...place, arguments: JSON.stringify(call.args) }],
      ]
    : [
        [
          'response.content_part.added',
          { ...part, part: { type: 'output_text', text: '', annotations: [] } },
        ],
        ['response.output_text.delta', { ...part, delta: text }],
        ['response.output_text.done', { ...part, text }],
        ['response.content_part.done', { ...part, part: { type: 'output_text', text, annotations: [] } }],
      ]
  const opened = { ...item, status: 'in_progress', ...(call ? { arguments: '' } : { content: [] }) }
  const events: [string, Record<string, unknown>][] = [
    ['response.created', { response: { ...body, status: 'in_progress', output: [], usage: null } }],
    ['response.output_item.added', { output_index: 0, item: opened }],
    ...middle,
    ['response.output_item.done', { output_index: 0, item }],
    ['response.completed', { response: body }],
  ]
  return { body, events: events.map(([type, data], i) => [type, { type, sequence_number: i, ...data }]) }
}

/** OpenAI Chat Completions. */
export const chat: Protocol = {
  matches: (url) => url.includes('/chat/completions'),
  tools: (body) => (body.tools ?? []).map((tool: { function: { name: string } }) => tool.function.name),
  results: (text) => count(text, '"role":"tool"'),
  model: (body) => body.model,
  streams: (body) => body.stream === true,
  truth,
  aside: 'A title',
  reply: chatReply,
}

function chatReply({ number, model, text, call, usage, stream }: Answer): Reply {
  const counted = {
    prompt_tokens: usage.input,
    completion_tokens: usage.output,
    total_tokens: usage.input + usage.output,
    prompt_tokens_details: { cached_tokens: usage.cacheRead },
    completion_tokens_details: { reasoning_tokens: usage.reasoning },
  }
  const tools = call && [
    {
      index: 0,
      id: `call_${number}`,
      type: 'function',
      function: { name: call.name, arguments: JSON.stringify(call.args) },
    },
  ]
  const message = { role: 'assistant', content: call ? null : text, ...(tools && { tool_calls: tools }) }
  const finish = call ? 'tool_calls' : 'stop'
  const base = { id: `chatcmpl-${number}`, created: Math.floor(Date.now() / 1000), model }
  const body = {
    ...base,
    object: 'chat.completion',
    choices: [{ index: 0, message, finish_reason: finish }],
    usage: counted,
  }
  if (!stream) return { body }
  const chunk = (choices: unknown[], rest = {}) => ({
    ...base,
    object: 'chat.completion.chunk',
    choices,
    ...rest,
  })
  return {
    body,
    events: [
      [undefined, chunk([{ index: 0, delta: message, finish_reason: null }])],
      [undefined, chunk([{ index: 0, delta: {}, finish_reason: finish }])],
      [undefined, chunk([], { usage: counted })],
      [undefined, '[DONE]'],
    ],
  }
}
