/** JSON-RPC as MCP sends it. Messages come from outside: whatever is not as expected is left alone. */
export interface Message {
  readonly jsonrpc?: unknown
  readonly id?: string | number | null | undefined
  readonly method?: string | undefined
  readonly params?: { readonly [key: string]: unknown } | undefined
  readonly result?: { readonly [key: string]: unknown } | undefined
  readonly error?: { readonly code?: unknown; readonly message?: unknown } | undefined
}

export interface Request extends Message {
  readonly id: string | number
  readonly method: string
}

export const isRequest = (message: Message): message is Request =>
  typeof message.method === 'string' && message.id !== undefined && message.id !== null

export const isNotification = (message: Message): boolean =>
  typeof message.method === 'string' && message.id === undefined

export const isAnswer = (message: Message): boolean =>
  message.method === undefined && message.id !== undefined && message.id !== null

/** The id of the request that a notification takes back; undefined for any other message. */
export function cancelledRequest(message: Message): unknown {
  return message.method === 'notifications/cancelled' ? message.params?.['requestId'] : undefined
}

/** Source: semantic conventions, "Model Context Protocol". */
export interface Operation {
  readonly name: string
  /** Of the span and of the duration: few values. */
  readonly common: { readonly [key: string]: string | undefined }
  /** Of the span alone. */
  readonly own: { readonly [key: string]: string | undefined }
}

export function operationOf({ id, method, params }: Request): Operation {
  const target = method === 'tools/call' || method === 'prompts/get' ? textOf(params?.['name']) : undefined
  const tool = method === 'tools/call'
  return {
    name: target === undefined ? method : `${method} ${target}`,
    common: {
      'mcp.method.name': method,
      'gen_ai.tool.name': tool ? target : undefined,
      'gen_ai.prompt.name': tool ? undefined : target,
      'gen_ai.operation.name': tool ? 'execute_tool' : undefined,
    },
    own: {
      'jsonrpc.request.id': String(id),
      'mcp.resource.uri': method.startsWith('resources/') ? textOf(params?.['uri']) : undefined,
    },
  }
}

export interface Failure {
  readonly type: string
  readonly message: string
  readonly code: string | undefined
}

/** Undefined when the request went well. A tool's own failure is an answer with `isError`. */
export function failureOf({ error, result }: Message): Failure | undefined {
  if (error !== undefined && error !== null)
    return { type: String(error.code), message: textOf(error.message) ?? '', code: String(error.code) }
  if (result?.['isError'] !== true) return undefined
  const [first] = Array.isArray(result['content']) ? (result['content'] as { text?: unknown }[]) : []
  return { type: 'tool_error', message: textOf(first?.text) ?? '', code: undefined }
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
