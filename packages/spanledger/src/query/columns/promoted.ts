/**
 * Attributes of spans that are columns of their own, by the name of the attribute: what people filter and group by. Each has the text
 * that `attributes->>key` has. Changing the list means COLUMNS_VERSION + 1.
 *
 * Only what repeats: a dictionary column is nearly free (0.1 to 0.7 bytes a span), one of single values (url.path: 2 bytes) is not, and
 * the filters of attributes find those. Names of older conventions stand beside the newer ones, as senders use both.
 */
export const PROMOTED = [
  'http.request.method',
  'http.route',
  'http.response.status_code',
  'http.method',
  'http.status_code',
  'server.address',
  'error.type',
  'user.id',
  'session.id',
  'db.system.name',
  'db.system',
  'db.operation.name',
  'db.collection.name',
  'rpc.system',
  'rpc.service',
  'rpc.method',
  'messaging.system',
  'messaging.destination.name',
  'messaging.operation.type',
  'code.function.name',
  'gen_ai.operation.name',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.tool.name',
  'gen_ai.conversation.id',
] as const

const KEYS: ReadonlySet<string> = new Set(PROMOTED)
export const isPromoted = (key: string): boolean => KEYS.has(key)
