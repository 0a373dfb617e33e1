/** Low-cardinality: an error's code or class. Source: semantic conventions, `error.type`. */
export function typeOf(error: unknown): string {
  try {
    if (typeof error !== 'object' || error === null) return typeof error
    const { code, name } = error as { code?: unknown; name?: unknown }
    if (typeof code === 'string' && code !== '') return code
    return typeof name === 'string' && name !== '' ? name : (error.constructor?.name ?? 'object')
  } catch {
    return 'unreadable'
  }
}

/** A refusal that the client brought upon itself, thrown with its HTTP status as frameworks do. */
export function isClientError(error: unknown): boolean {
  try {
    const { status, statusCode } = error as { status?: unknown; statusCode?: unknown }
    const code = typeof status === 'number' ? status : statusCode
    return typeof code === 'number' && code >= 400 && code < 500
  } catch {
    return false
  }
}
