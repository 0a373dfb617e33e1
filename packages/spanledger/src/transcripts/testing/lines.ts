/** Lines in the shape that agents write them, made by hand: Claude Code 2.1, Codex 0.169, Gemini CLI 0.61. */

const T0 = Date.parse('2026-11-21T09:13:16.000Z')

const at = (ms: number): string => new Date(T0 + ms).toISOString()
export const nanosAt = (ms: number): string => `${T0 + ms}000000`

export const SESSION = '3a5d73a0-83e2-40f1-af35-e00084ecd335'
const CLAUDE = {
  sessionId: SESSION,
  version: '2.1.197',
  cwd: '/work/shop',
  gitBranch: 'main',
  isSidechain: false,
}

/** A line of one part of an answer; `stopReason` null while the answer goes on. */
export const claudeAnswer = (
  ms: number,
  id: string,
  output: number,
  {
    stopReason = 'tool_use',
    tool,
    more = {},
  }: { stopReason?: string | null; tool?: [string, string]; more?: object } = {},
): object => ({
  ...CLAUDE,
  type: 'assistant',
  message: {
    id: `msg_${id}`,
    model: 'claude-opus-4-8',
    content: tool
      ? [{ type: 'tool_use', id: tool[0], name: 'Bash', input: { command: tool[1] } }]
      : [{ type: 'text', text: 'Some words.' }],
    stop_reason: stopReason,
    usage: {
      input_tokens: 100,
      cache_read_input_tokens: 50,
      cache_creation_input_tokens: 10,
      output_tokens: output,
    },
  },
  requestId: `req_${id}`,
  uuid: `line-${ms}`,
  timestamp: at(ms),
  ...more,
})

export const claudePrompt = (ms: number, text: string): object => ({
  ...CLAUDE,
  type: 'user',
  message: { role: 'user', content: text },
  promptId: `prompt-${ms}`,
  uuid: `line-${ms}`,
  timestamp: at(ms),
})

const claudeResult = (ms: number, tool: string, text: string, isError = false): object => ({
  ...CLAUDE,
  type: 'user',
  message: {
    role: 'user',
    content: [{ type: 'tool_result', tool_use_id: tool, content: text, is_error: isError }],
  },
  uuid: `line-${ms}`,
  timestamp: at(ms),
})

/** A prompt, two tools of which one fails, three answers, and lines that tell nothing. */
export const claudeSession = (): object[] => [
  { type: 'queue-operation', operation: 'enqueue', timestamp: at(0), sessionId: SESSION, content: 'Fix it.' },
  claudePrompt(10, 'Fix it.'),
  { ...CLAUDE, attachment: { type: 'skill_listing' }, type: 'attachment', uuid: 'a', timestamp: at(11) },
  claudeAnswer(100, '1', 1, { stopReason: null }),
  claudeAnswer(120, '1', 42, { tool: ['toolu_1', 'npm test'] }),
  claudeResult(300, 'toolu_1', 'Exit code 1\nnot ok', true),
  claudeAnswer(500, '2', 43, { tool: ['toolu_2', 'npm run fix'] }),
  claudeResult(700, 'toolu_2', 'ok'),
  claudeAnswer(900, '3', 44, { stopReason: 'end_turn' }),
  { type: 'last-prompt', lastPrompt: 'Fix it.', sessionId: SESSION },
]

const codexLine = (ms: number, type: string, payload: object): object => ({
  timestamp: at(ms),
  ordinal: ms,
  type,
  payload,
})

const usage = (input: number, output: number): object => ({
  input_tokens: input,
  cached_input_tokens: 50,
  cache_write_input_tokens: 0,
  output_tokens: output,
  reasoning_output_tokens: 7,
  total_tokens: input + output,
})

/** `counted: 'sums'` as versions without usage records tell it: sums, each of them twice. */
export function codexSession(counted: 'records' | 'sums' = 'records'): object[] {
  let total = 0
  const counts = (ms: number, input: number, output: number): object[] => {
    total += input + output
    const info = { total_token_usage: { total_tokens: total }, last_token_usage: usage(input, output) }
    const sum = codexLine(ms + 1, 'event_msg', { type: 'token_count', info })
    if (counted === 'sums') return [sum, sum]
    return [
      codexLine(ms, 'token_usage_record', { response_id: `resp_${ms}`, usage: usage(input, output) }),
      sum,
    ]
  }
  return [
    codexLine(0, 'session_meta', {
      id: 'thread-1',
      cwd: '/work/shop',
      cli_version: '0.169.0',
      model_provider: 'example',
      base_instructions: { text: 'You are an agent.' },
      git: { branch: 'main' },
    }),
    codexLine(1, 'event_msg', { type: 'task_started', turn_id: 'turn-1' }),
    codexLine(2, 'response_item', { type: 'message', role: 'developer', content: [] }),
    codexLine(3, 'world_state', { full: true }),
    codexLine(4, 'turn_context', { model: 'gpt-example' }),
    codexLine(5, 'event_msg', {
      type: 'item_completed',
      item: { type: 'UserMessage', id: 'item-1', content: [{ type: 'text', text: 'Fix it.' }] },
    }),
    codexLine(90, 'response_item', {
      type: 'function_call',
      name: 'exec_command',
      arguments: '{"cmd":"npm test"}',
      call_id: 'call_1',
    }),
    ...counts(91, 120, 42),
    codexLine(150, 'event_msg', {
      type: 'item_completed',
      item: { type: 'CommandExecution', id: 'call_1', exit_code: 3 },
    }),
    codexLine(151, 'response_item', { type: 'function_call_output', call_id: 'call_1', output: 'not ok' }),
    ...counts(300, 200, 43),
    codexLine(310, 'event_msg', { type: 'task_complete', turn_id: 'turn-1' }),
  ]
}

const geminiAnswer = (ms: number, id: string, output: number, more: object = {}): object => ({
  id,
  timestamp: at(ms),
  type: 'gemini',
  content: '',
  tokens: { input: 120, output, cached: 50, thoughts: 7, tool: 0 },
  model: 'gemini-example',
  ...more,
})

export const geminiSession = (): object[] => [
  { sessionId: 'gemini-1', projectHash: 'b18d', startTime: at(0), lastUpdated: at(0), kind: 'main' },
  {
    $set: {
      messages: [
        { id: 'm0', timestamp: at(0), type: 'user', content: [{ text: '<session_context>\nHere.' }] },
      ],
    },
  },
  { id: 'm1', timestamp: at(10), type: 'user', content: [{ text: 'Fix it.' }] },
  { $set: { lastUpdated: at(10) } },
  geminiAnswer(100, 'm2', 42),
  geminiAnswer(100, 'm2', 42, {
    toolCalls: [
      {
        id: 'shell_1',
        name: 'run_shell_command',
        args: { command: 'npm test' },
        result: [{ functionResponse: { response: { output: 'Output: (empty)\nExit Code: 3\n' } } }],
        status: 'success',
        timestamp: at(200),
      },
    ],
  }),
  { id: 'm3', timestamp: at(201), type: 'user', content: [{ functionResponse: { id: 'shell_1' } }] },
  geminiAnswer(300, 'm4', 43),
]

export const textOf = (lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join('')
