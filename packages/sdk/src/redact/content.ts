/** What of an agent's work a text is; each class can be kept, dropped or hashed. */
export type ContentClass = 'prompts' | 'toolInput' | 'toolOutput' | 'modelOutput'
export type ContentRule = 'keep' | 'drop' | 'hash'

/**
 * Attribute names that carry content, by class. Where two agents use one name for different things the more careful
 * class is named. Seen in: Claude Code 2.1, Codex 0.169, Gemini CLI 0.61, Copilot CLI 1.0, opencode 1.18, the gen_ai
 * conventions, the AI SDK.
 */
const KEYS: Record<ContentClass, readonly string[]> = {
  prompts: [
    'prompt',
    'user_prompt',
    'request_text',
    'system_prompt',
    'gen_ai.prompt',
    'gen_ai.input.messages',
    'gen_ai.system_instructions',
    'ai.prompt',
    'ai.prompt.messages',
    'input.value',
    'new_context',
    // Gemini CLI and others are started with the prompt as an argument.
    'process.command',
    'process.command_args',
    'process.command_line',
    'api_request_body',
    'request_body',
    'initialPrompt',
  ],
  toolInput: [
    'tool_input',
    'toolArgs',
    'tool_parameters',
    'arguments',
    'function_args',
    'full_command',
    'bash_command',
    'gen_ai.tool.call.arguments',
    'gen_ai.tool.arguments',
    'ai.toolCall.args',
    'mcp.tool.call.arguments',
  ],
  toolOutput: [
    'output',
    'tool_output',
    'tool_result',
    'tool_response',
    'toolResult',
    'gen_ai.tool.call.result',
    'gen_ai.tool.result',
    'ai.toolCall.result',
    'mcp.tool.call.result',
  ],
  modelOutput: [
    'last_assistant_message',
    'prompt_response',
    'response',
    'response_text',
    'assistant_response',
    'gen_ai.completion',
    'gen_ai.output.messages',
    'ai.response.text',
    'ai.response.object',
    'ai.response.toolCalls',
    'ai.response.reasoning',
    'output.value',
    'api_response_body',
    'response_body',
  ],
}

/** Names of log events whose body is content: the gen_ai conventions before they moved content into attributes. */
const BODIES: Record<string, ContentClass> = {
  'gen_ai.system.message': 'prompts',
  'gen_ai.user.message': 'prompts',
  'gen_ai.assistant.message': 'modelOutput',
  'gen_ai.choice': 'modelOutput',
  'gen_ai.tool.message': 'toolOutput',
}

const CLASS_OF_KEY = new Map(
  Object.entries(KEYS).flatMap(([content, keys]) =>
    keys.map((key) => [key, content as ContentClass] as const),
  ),
)

export const contentOfKey = (key: string): ContentClass | undefined => CLASS_OF_KEY.get(key)

export const contentOfBody = (eventName: string): ContentClass | undefined =>
  Object.hasOwn(BODIES, eventName) ? BODIES[eventName] : undefined
