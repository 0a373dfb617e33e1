/** Query parameters that sign a request. Source: semantic conventions, `url.query` and `url.full`. */
const SIGNATURE = /([?&](?:AWSAccessKeyId|Signature|sig|X-Goog-Signature)=)[^&#]*/gi

/** `query` begins with `?`; what it says stays, signatures become `REDACTED`. */
export function withoutSignatures(query: string): string {
  return query.includes('=') ? query.replace(SIGNATURE, '$1REDACTED') : query
}

/** A `Host` header's name and port; an IPv6 address loses its brackets. */
export function hostAndPort(host: string): { address: string; port: number | undefined } {
  const colon = host.lastIndexOf(':')
  if (colon === -1 || colon < host.lastIndexOf(']')) return { address: bare(host), port: undefined }
  const port = Number(host.slice(colon + 1))
  return { address: bare(host.slice(0, colon)), port: Number.isInteger(port) && port > 0 ? port : undefined }
}

const bare = (host: string): string => (host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host)
