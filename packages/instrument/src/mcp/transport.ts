import { typeOf } from '../error-type.ts'
import { cancelledRequest, failureOf, isAnswer, isNotification, isRequest } from './message.ts'
import type { Message } from './message.ts'
import { CANCELLED, CLOSED, Operations } from './operations.ts'
import { mcpTelemetry } from './telemetry.ts'

/** The part of an MCP transport that is needed; every one of the MCP SDKs, 1.x and 2.x. */
export interface McpTransport {
  send(message: never, options?: never): Promise<void>
  onmessage?: ((message: never, extra?: never) => void) | undefined
  onclose?: (() => void) | undefined
  readonly sessionId?: string | undefined
}

type Send = (message: Message, options?: unknown) => Promise<void>
type OnMessage = (message: Message, extra?: unknown) => void

/**
 * Records the requests on a connection: `await server.connect(instrumentTransport(transport))`, and the same for a client. Each
 * request is a span at both ends, in one trace: the context travels in `params._meta`. Requests that a server sends to its
 * client (sampling, elicitation) are recorded just so.
 *
 * Ends  with the answer; also when it is taken back, or the connection closes.
 */
export function instrumentTransport<T extends McpTransport>(transport: T): T {
  const connection = new Connection(transport)
  return new Proxy(transport, {
    get(target, key) {
      if (key === 'send') return connection.send
      const value: unknown = Reflect.get(target, key, target)
      // Its methods reach for what is private to it.
      return typeof value === 'function' && key !== 'constructor' ? value.bind(target) : value
    },
    set(target, key, value: unknown) {
      const own =
        key === 'onmessage' && typeof value === 'function'
          ? connection.receiving(value as OnMessage)
          : key === 'onclose'
            ? connection.closing(value as (() => void) | undefined)
            : value
      return Reflect.set(target, key, own, target)
    },
  })
}

class Connection {
  readonly #transport: McpTransport
  readonly #sent = new Operations('client')
  readonly #served = new Operations('server')
  /** As soon as both ends have agreed on one. */
  #protocolVersion: string | undefined

  constructor(transport: McpTransport) {
    this.#transport = transport
  }

  readonly send: Send = (message, options) => {
    const send = this.#transport.send.bind(this.#transport) as Send
    const telemetry = mcpTelemetry()
    if (isAnswer(message)) {
      this.#learn(message)
      this.#served.end(message.id, failureOf(message))
      return send(message, options)
    }
    const active = telemetry?.context.active()
    const cancelled = cancelledRequest(message)
    if (cancelled !== undefined) this.#sent.end(cancelled, CANCELLED)
    if (telemetry === undefined || active === undefined || active.suppressed) return send(message, options)
    if (!isRequest(message))
      return send(
        carrying(message, (meta) => telemetry.inject(meta, active)),
        options,
      )
    const within = this.#sent.begin(telemetry, message, active, this.#attributes())
    return telemetry.context.run(within, async () => {
      try {
        await send(
          carrying(message, (meta) => telemetry.inject(meta, within)),
          options,
        )
      } catch (error) {
        const text = error instanceof Error ? error.message : String(error)
        this.#sent.end(message.id, { type: typeOf(error), message: text, code: undefined })
        throw error
      }
    })
  }

  receiving(receive: OnMessage): OnMessage {
    return (message, extra) => {
      if (isAnswer(message)) {
        this.#learn(message)
        this.#sent.end(message.id, failureOf(message))
      }
      const cancelled = cancelledRequest(message)
      if (cancelled !== undefined) this.#served.end(cancelled, CANCELLED)
      const telemetry = mcpTelemetry()
      if (telemetry === undefined || !(isRequest(message) || isNotification(message)))
        return receive(message, extra)
      const meta = message.params?.['_meta']
      const parent =
        typeof meta === 'object' && meta !== null ? telemetry.extract(meta) : telemetry.context.active()
      const within = isRequest(message)
        ? this.#served.begin(telemetry, message, parent, this.#attributes())
        : parent
      telemetry.context.run(within, () => receive(message, extra))
    }
  }

  closing(onclose: (() => void) | undefined): () => void {
    return () => {
      this.#sent.endAll(CLOSED)
      this.#served.endAll(CLOSED)
      onclose?.()
    }
  }

  #attributes(): { 'mcp.session.id': string | undefined; 'mcp.protocol.version': string | undefined } {
    return { 'mcp.session.id': this.#transport.sessionId, 'mcp.protocol.version': this.#protocolVersion }
  }

  #learn({ result }: Message): void {
    const version = result?.['protocolVersion']
    if (typeof version === 'string') this.#protocolVersion = version
  }
}

/** The message with a `_meta` of its own: the caller's stays as it is. */
function carrying(message: Message, put: (meta: Record<string, unknown>) => unknown): Message {
  const meta: Record<string, unknown> = { ...(message.params?.['_meta'] as object | undefined) }
  put(meta)
  return Object.keys(meta).length === 0 ? message : { ...message, params: { ...message.params, _meta: meta } }
}
