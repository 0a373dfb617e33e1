import { hostAndPort, withoutSignatures } from '../url.ts'
import { methodOf } from '../method.ts'

/** What a server knows of a request when it begins, whoever serves it. */
export interface Incoming {
  readonly method: string
  readonly scheme: string
  /** Path and query, as sent. */
  readonly target: string
  readonly protocolVersion: string | undefined
  /** The other end of the connection. */
  readonly peer: string | undefined
  /** The headers, which may carry a context. */
  readonly carrier: object
  /** By its lower-case name; several of one name are joined by a comma. */
  header(name: string): string | undefined
}

/** The attributes of the server's span that are known from the beginning, so that a sampler sees them. */
export function incomingAttributes(request: Incoming): Record<string, string | number | undefined> {
  const { target } = request
  const { method, original } = methodOf(request.method)
  const host = request.header('host') ?? request.header(':authority')
  const server = host === undefined ? undefined : hostAndPort(host)
  const query = target.indexOf('?')
  return {
    'http.request.method': method,
    'http.request.method_original': original,
    'url.path': query === -1 ? target : target.slice(0, query),
    'url.query': query === -1 ? undefined : withoutSignatures(target.slice(query)).slice(1),
    'url.scheme': request.scheme,
    'server.address': server?.address,
    'server.port': server?.port,
    'network.protocol.version': request.protocolVersion,
    'client.address': request.peer,
    'user_agent.original': request.header('user-agent'),
  }
}

/** A `Content-Length`; undefined where there is none or it is no length. */
export function lengthOf(header: unknown): number | undefined {
  if (header === undefined || header === null || header === '') return undefined
  const length = Number(header)
  return Number.isSafeInteger(length) && length >= 0 ? length : undefined
}
