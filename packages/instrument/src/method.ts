/** Others are `_OTHER`, so that a client cannot make series. Source: semantic conventions, `http.request.method`; RFC 9110, 5789, 10008. */
const METHODS = new Set([
  'GET',
  'POST',
  'PUT',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'CONNECT',
  'TRACE',
  'QUERY',
])

export interface Method {
  /** As attribute. */
  readonly method: string
  /** What it was, where that is something else. */
  readonly original: string | undefined
  /** In a span's name. */
  readonly label: string
}

export function methodOf(sent: string): Method {
  if (METHODS.has(sent)) return { method: sent, original: undefined, label: sent }
  const upper = sent.toUpperCase()
  if (METHODS.has(upper)) return { method: upper, original: sent, label: upper }
  return { method: '_OTHER', original: sent, label: 'HTTP' }
}
