import type { Attributes, LogLine, OriginLine, SpanLine, Value } from '@spanledger/sdk/model'
import type { Observed } from '../index.ts'

/**
 * Hand-made telemetry in the shapes that real agents send: names, units and missing parts as seen, content invented.
 * Two model calls, a tool that works and one that fails, unless a fixture says otherwise.
 */

const START = 1_795_229_408_000

/** Nanoseconds of `START` plus milliseconds. */
export const at = (ms: number): string =>
  `${START + Math.floor(ms)}${String(Math.round((ms % 1) * 1e6)).padStart(6, '0')}`

export const TRACE = '34f9e7aa34f9e7aa34f9e7aa34f9e7aa'

/** 16 hex digits out of a word. */
export const spanId = (word: string): string =>
  Buffer.from(word.padEnd(8, '.')).subarray(0, 8).toString('hex')

export function origin(service: string, version: string, scope: string, more: Attributes = {}): OriginLine {
  return {
    origin: Buffer.from(service.padEnd(6, '.')).subarray(0, 6).toString('base64url'),
    resource: { attrs: { 'service.name': service, 'service.version': version, ...more } },
    scope: { name: scope, version },
  }
}

type Rest = Partial<SpanLine> & { parentWord?: string }

export function span(
  from: OriginLine,
  name: string,
  word: string,
  start: number,
  ms: number,
  attrs: Attributes,
  rest: Rest = {},
): Observed {
  const { parentWord, ...more } = rest
  const record: SpanLine = {
    span: spanId(word),
    trace: TRACE,
    ...(parentWord === undefined ? {} : { parent: spanId(parentWord) }),
    name,
    start: at(start),
    ns: Math.round(ms * 1e6),
    attrs,
    ...more,
    in: from.origin,
  }
  return { kind: 'span', record, origin: from }
}

export function log(
  from: OriginLine,
  time: number,
  body: Value,
  attrs: Attributes,
  rest: Partial<LogLine> = {},
): Observed {
  return { kind: 'log', record: { log: at(time), body, attrs, ...rest, in: from.origin }, origin: from }
}

/** Imitates Claude Code 2.1: logs and spans of the same calls, joined by request_id and tool_use_id. */
export function claudeCode(session = 'cc-1'): Observed[] {
  const from = origin('claude-code', '2.1.197', 'com.anthropic.claude_code.events')
  const common = { 'session.id': session, 'terminal.type': 'xterm' }
  const event = (time: number, name: string, context: string, attrs: Attributes): Observed =>
    log(
      from,
      time,
      `claude_code.${name}`,
      { ...common, 'event.name': name, ...attrs },
      { trace: TRACE, span: spanId(context) },
    )
  const tokens = {
    input_tokens: 2400,
    output_tokens: 180,
    cache_read_tokens: 1800,
    cache_creation_tokens: 350,
  }
  const call = (n: number, start: number, ms: number, stop: string): Observed[] => [
    event(start + ms, 'api_request', 'turn', {
      model: 'claude-opus-4-8',
      ...tokens,
      cost_usd: 0.0195875,
      duration_ms: ms,
      request_id: `req_${n}`,
      query_source: 'sdk',
    }),
    span(
      from,
      'claude_code.llm_request',
      `llm${n}`,
      start,
      ms + 2.5,
      {
        ...common,
        model: 'claude-opus-4-8[1m]',
        ...tokens,
        success: true,
        attempt: 1,
        request_id: `req_${n}`,
        stop_reason: stop,
      },
      { parentWord: 'turn' },
    ),
  ]
  const tool = (n: number, start: number, ms: number, ok: boolean): Observed[] => {
    const id = { tool_use_id: `toolu_${n}` }
    return [
      event(start, 'tool_decision', `wait${n}`, {
        ...id,
        tool_name: 'Bash',
        decision: 'accept',
        source: 'config',
      }),
      span(
        from,
        'claude_code.tool.blocked_on_user',
        `wait${n}`,
        start,
        10,
        { ...common, decision: 'unknown' },
        { parentWord: `tool${n}` },
      ),
      span(
        from,
        'claude_code.tool.execution',
        `exec${n}`,
        start + 10,
        ms,
        { ...common, ...id, success: ok, ...(ok ? {} : { error: 'Shell command failed' }) },
        {
          parentWord: `tool${n}`,
          ...(ok ? {} : { status: 'error' as const, message: 'Shell command failed' }),
        },
      ),
      span(
        from,
        'claude_code.tool',
        `tool${n}`,
        start,
        ms + 11,
        { ...common, ...id, tool_name: 'Bash', full_command: `make ${n}` },
        { parentWord: 'turn' },
      ),
      event(start + ms + 11, 'tool_result', 'turn', {
        ...id,
        tool_name: 'Bash',
        success: String(ok),
        duration_ms: String(ms),
      }),
    ]
  }
  return [
    event(0, 'user_prompt', 'turn', { prompt: '<REDACTED>', prompt_length: '47' }),
    ...call(1, 10, 100, 'tool_use'),
    ...tool(1, 110, 30, true),
    ...tool(2, 112, 40, false),
    ...call(2, 170, 50, 'end_turn'),
    span(from, 'claude_code.interaction', 'turn', 0, 230, { ...common, user_prompt: '<REDACTED>' }),
  ]
}

/** Imitates Codex 0.169: times only in `observed`, numbers as text, tokens on a log without ids, exit codes in the output. */
export function codex(session = 'cx-1'): Observed[] {
  const from = origin('codex_exec', '0.169.0', 'codex_otel.log_only')
  const common = { 'conversation.id': session, 'app.version': '0.169.0', model: 'gpt-mock' }
  const event = (time: number, name: string, attrs: Attributes): Observed =>
    log(
      from,
      0,
      null,
      { ...common, 'event.name': name, ...attrs },
      { log: '0', observed: at(time), name: 'event otel/src/events.rs:1' },
    )
  const sampling = (n: number, start: number, ms: number): Observed[] => [
    span(from, 'codex.sampling', `samp${n}`, start, ms, { ...common }, { parentWord: 'turn' }),
    event(start + ms - 2.2, 'codex.api_request', {
      duration_ms: '8',
      'http.response.status_code': '200',
      attempt: '0',
    }),
    event(start + ms - 2, 'codex.sse_event', { 'event.kind': 'response.completed', duration_ms: '0' }),
    event(start + ms - 1, 'codex.sse_event', {
      'event.kind': 'response.completed',
      input_token_count: '2400',
      output_token_count: '180',
      cached_token_count: '1800',
      cache_write_token_count: '0',
      reasoning_token_count: '64',
      tool_token_count: '2580',
    }),
  ]
  const tool = (n: number, start: number, ms: number, exit: number): Observed[] => [
    event(start, 'codex.tool_decision', {
      call_id: `call_${n}`,
      tool_name: 'exec_command',
      decision: 'approved',
      source: 'Config',
    }),
    span(from, 'exec_command', `exec${n}`, start, ms, {
      'conversation.id': session,
      call_id: `call_${n}`,
      tool_name: 'exec_command',
      'codex.tool.phase': 'dispatch',
    }),
    event(start + ms, 'codex.tool_result', {
      call_id: `call_${n}`,
      tool_name: 'exec_command',
      duration_ms: String(ms),
      success: 'true',
      arguments: `{"cmd":"make ${n}"}`,
      output: `Chunk ID: a5314d\nWall time: 0.0000 seconds\nProcess exited with code ${exit}\nOutput:\n`,
    }),
  ]
  return [
    event(0, 'codex.conversation_starts', { provider_name: 'mock' }),
    event(5, 'codex.user_prompt', { prompt: 'Fix the test', prompt_length: '12' }),
    ...sampling(1, 10, 12),
    ...tool(1, 30, 50, 0),
    ...tool(2, 31, 40, 3),
    ...sampling(2, 90, 160),
    span(from, 'session_task.turn', 'turn', 6, 250, {
      'thread.id': session,
      'codex.turn.token_usage.input_tokens': '4800',
    }),
  ]
}

/** Imitates Gemini CLI 0.61: figures in logs without context, spans without thoughts, `service.version` is Node's. */
export function geminiCli(session = 'gm-1'): Observed[] {
  const from = origin('gemini-cli', 'v20.20.2', 'gemini-cli')
  const event = (time: number, name: string, attrs: Attributes, rest: Partial<LogLine> = {}): Observed =>
    log(from, time, 'text', { 'session.id': session, 'event.name': name, ...attrs }, rest)
  const call = (n: number, start: number, ms: number): Observed[] => [
    event(start + ms, 'gemini_cli.api_response', {
      model: 'gemini-mock',
      duration_ms: ms,
      input_token_count: 2400,
      output_token_count: 180,
      cached_content_token_count: 1800,
      thoughts_token_count: 64,
      tool_token_count: 0,
      status_code: 200,
      finish_reasons: ['stop'],
    }),
    span(from, 'llm_call', `llm${n}`, start - 0.4, ms + 1.2, {
      'gen_ai.conversation.id': session,
      'gen_ai.operation.name': 'llm_call',
      'gen_ai.request.model': 'gemini-3.8-flash',
      'gen_ai.usage.input_tokens': 2400,
      'gen_ai.usage.output_tokens': 180,
    }),
  ]
  const tool = (n: number, start: number, ms: number, exit: number): Observed[] => [
    event(
      start + ms,
      'gemini_cli.tool_call',
      {
        function_name: 'run_shell_command',
        duration_ms: ms,
        success: true,
        decision: 'accept',
        function_args: `{"command":"make ${n}"}`,
        ...(exit === 0 ? {} : { metadata: `{"exitCode": ${exit}, "isError": true}` }),
      },
      { trace: TRACE, span: spanId(`sched${n}`) },
    ),
    span(
      from,
      'tool_call',
      `tool${n}`,
      start + 5,
      ms - 7,
      {
        'gen_ai.conversation.id': session,
        'gen_ai.tool.name': 'run_shell_command',
        'gen_ai.tool.call_id': `run_${n}`,
      },
      { parentWord: `sched${n}` },
    ),
    span(from, 'schedule_tool_calls', `sched${n}`, start, ms + 1, { 'gen_ai.conversation.id': session }),
  ]
  return [
    event(0, 'gemini_cli.config', { model: 'auto' }),
    event(2, 'gemini_cli.user_prompt', { prompt: 'Fix the test', prompt_length: 12 }),
    ...call(1, 10, 50),
    ...tool(1, 70, 66, 0),
    ...tool(2, 140, 40, 3),
    ...call(2, 190, 160),
  ]
}

/** Imitates Copilot CLI 1.0 with a subagent: gen_ai spans alone, exit codes as text. */
export function copilotCli(session = 'cp-1'): Observed[] {
  const from = origin('github-copilot', '1.0.102', 'github.copilot')
  const common = { 'gen_ai.conversation.id': session, 'gen_ai.provider.name': 'openai' }
  const chat = (word: string, start: number, ms: number, parentWord: string, finish: string): Observed =>
    span(
      from,
      'chat gpt-5.4',
      word,
      start,
      ms,
      {
        ...common,
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'gpt-5.4',
        'gen_ai.response.model': 'gpt-5.4',
        'gen_ai.response.id': `resp_${word}`,
        'gen_ai.response.finish_reasons': [finish],
        'gen_ai.usage.input_tokens': 2400,
        'gen_ai.usage.output_tokens': 180,
        'gen_ai.usage.cache_read.input_tokens': 1800,
        'gen_ai.usage.reasoning.output_tokens': 64,
      },
      { parentWord, kind: 'client' },
    )
  const tool = (
    n: number,
    name: string,
    start: number,
    ms: number,
    exit: string | undefined,
    parentWord: string,
  ): Observed =>
    span(
      from,
      `execute_tool ${name}`,
      `tool${n}`,
      start,
      ms,
      {
        ...common,
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': name,
        'gen_ai.tool.call.id': `call_${n}`,
        ...(exit === undefined ? {} : { 'process.exit.code': exit }),
      },
      { parentWord },
    )
  return [
    tool(1, 'bash', 120, 30, '0', 'root'),
    chat('one', 10, 100, 'root', 'tool_calls'),
    chat('sub', 170, 40, 'inner', 'stop'),
    tool(3, 'bash', 215, 10, '3', 'inner'),
    span(
      from,
      'invoke_agent explore',
      'inner',
      165,
      70,
      {
        ...common,
        'gen_ai.operation.name': 'invoke_agent',
        'gen_ai.agent.name': 'explore',
        'gen_ai.agent.id': 'explore',
      },
      { parentWord: 'tool2' },
    ),
    tool(2, 'task', 160, 80, undefined, 'root'),
    chat('two', 250, 40, 'root', 'stop'),
    span(from, 'invoke_agent', 'root', 0, 300, {
      ...common,
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.usage.input_tokens': 4800,
      'gen_ai.usage.output_tokens': 360,
    }),
  ]
}

/** Imitates opencode 1.18: AI SDK spans among its own, logs whose body is [message, nearly JSON]. */
export function opencode(session = 'ses_1'): Observed[] {
  const from = origin('opencode', '1.18.33', 'opencode')
  const said = (time: number, message: string, fields: string, context: string): Observed =>
    log(from, time, [message, fields], { fiberId: 1 }, { trace: TRACE, span: spanId(context) })
  const call = (n: number, start: number, ms: number, finish: string): Observed[] => [
    said(
      start - 20,
      'stream',
      `{"providerID":"mock","modelID":"gpt-mock","session.id":"${session}","small":"false","agent":"build"}`,
      `run${n}`,
    ),
    span(from, 'LLM.run', `run${n}`, start - 25, 15, {}),
    span(from, 'sql.execute', `sql${n}`, start, 1, { 'db.system': 'sqlite' }),
    span(
      from,
      'ai.streamText',
      `text${n}`,
      start - 4,
      ms + 5,
      { 'session.id': session, 'ai.model.id': 'gpt-mock', 'ai.usage.inputTokens': 2400 },
      { parentWord: `run${n}` },
    ),
    span(
      from,
      'ai.streamText.doStream',
      `do${n}`,
      start,
      ms,
      {
        'session.id': session,
        'gen_ai.response.id': `resp_${n}`,
        'gen_ai.response.model': 'gpt-mock',
        'ai.response.finishReason': finish,
        'ai.usage.inputTokens': 2400,
        'ai.usage.inputTokenDetails.cacheReadTokens': 1800,
        'ai.usage.outputTokens': 180,
        'ai.usage.outputTokenDetails.reasoningTokens': 64,
      },
      { parentWord: `text${n}` },
    ),
  ]
  const tool = (n: number, start: number, ms: number, exit: number): Observed[] => [
    span(from, 'ai.toolCall', `call${n}`, start, ms, {
      'session.id': session,
      'ai.toolCall.name': 'bash',
      'ai.toolCall.id': `call_${n}`,
      'ai.toolCall.args': `{"command":"make ${n}"}`,
      'ai.toolCall.result': `{"title":"make ${n}","metadata":{"output":"","exit":${exit},"truncated":false},"output":""}`,
    }),
    span(
      from,
      'Tool.execute',
      `exec${n}`,
      start + 1,
      ms - 2,
      { 'tool.name': 'bash', 'session.id': session, 'tool.call_id': `call_${n}` },
      { status: 'ok' },
    ),
  ]
  return [
    said(
      0,
      'created',
      `{"id":"${session}","slug":"stellar-harbor","directory":"/work/repo","parentID":undefined,"title":"New session"}`,
      'make',
    ),
    said(10, 'loop', `{"session.id":"${session}","step":0}`, 'loop'),
    ...call(1, 50, 100, 'tool-calls'),
    ...tool(1, 90, 30, 0),
    ...tool(2, 91, 40, 3),
    said(160, 'loop', `{"session.id":"${session}","step":1}`, 'loop'),
    ...call(2, 200, 60, 'stop'),
    said(280, 'exiting loop', `{"session.id":"${session}"}`, 'loop'),
  ]
}
