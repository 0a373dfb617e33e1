import { Rank, type AgentNames, type Rule, type TokenNames } from '../mapping.ts'

/** The conventions' input_tokens and output_tokens hold cached and reasoning tokens; older names are read too. */
const genAiTokens: TokenNames = {
  input: [['gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens']],
  output: [['gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens']],
  cacheRead: [
    [
      'gen_ai.usage.cache_read.input_tokens',
      'gen_ai.usage.cache_read_input_tokens',
      'gen_ai.usage.cached_input_tokens',
    ],
  ],
  cacheWrite: [
    [
      'gen_ai.usage.cache_write.input_tokens',
      'gen_ai.usage.cache_creation.input_tokens',
      'gen_ai.usage.cache_creation_input_tokens',
    ],
  ],
  reasoning: [
    [
      'gen_ai.usage.reasoning.output_tokens',
      'gen_ai.usage.reasoning_tokens',
      'gen_ai.usage.output_tokens.reasoning',
    ],
  ],
}

const who = { agentId: 'gen_ai.agent.id', error: ['error.message', 'error.type'] } as const

/** Spans of OpenTelemetry's gen_ai conventions, whoever sends them. */
export const genAiRules: readonly Rule[] = [
  {
    event: 'SessionModelCalled',
    signal: 'span',
    name: '*',
    when: { 'gen_ai.operation.name': ['chat', 'text_completion', 'generate_content'] },
    rank: Rank.figures,
    fields: {
      ...who,
      requestId: 'gen_ai.response.id',
      model: 'gen_ai.response.model',
      requestModel: 'gen_ai.request.model',
      provider: ['gen_ai.provider.name', 'gen_ai.system'],
      finishReason: 'gen_ai.response.finish_reasons',
      statusCode: 'http.response.status_code',
    },
    tokens: genAiTokens,
  },
  {
    event: 'SessionToolUsed',
    signal: 'span',
    name: '*',
    when: { 'gen_ai.operation.name': ['execute_tool'] },
    rank: Rank.figures,
    fields: {
      ...who,
      toolUseId: ['gen_ai.tool.call.id', 'gen_ai.tool.call_id'],
      name: 'gen_ai.tool.name',
      exitCode: 'process.exit.code',
    },
    arguments: 'gen_ai.tool.call.arguments',
    result: 'gen_ai.tool.call.result',
  },
  {
    event: 'SessionAgentInvoked',
    signal: 'span',
    name: '*',
    when: { 'gen_ai.operation.name': ['invoke_agent'] },
    rank: Rank.structure,
    fields: { ...who, name: 'gen_ai.agent.name', finishReason: 'gen_ai.response.finish_reasons' },
    tokens: genAiTokens,
  },
]

/** An agent nobody knows: named by its service. Without a conversation id its trace is the session. */
export const generic: AgentNames = {
  agent: 'generic',
  services: [],
  scopes: [],
  mappings: [{ versions: '>=0', session: ['gen_ai.conversation.id', 'session.id'], rules: genAiRules }],
}
