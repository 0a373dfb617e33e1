export interface Fields {
  readonly [name: string]: unknown
}

/**
 * The fields of a line: `own` win over `bound`. An Error becomes `exception.*`, as OpenTelemetry names them; what throws when it is
 * read says so.
 */
export function joined(bound: Fields, own: Fields | undefined): Fields {
  if (own === undefined) return bound
  const all: Record<string, unknown> = { ...bound }
  for (const name in own) {
    try {
      const value = own[name]
      if (value instanceof Error) Object.assign(all, exceptionFields(value))
      else all[name] = value
    } catch {
      all[name] = '[unreadable]'
    }
  }
  return all
}

export function exceptionFields(error: Error): Fields {
  return {
    'exception.type': error.name,
    'exception.message': error.message,
    'exception.stacktrace': error.stack,
  }
}
