export interface Fields {
  readonly [name: string]: unknown
}

const UNREADABLE = '[unreadable]'

/**
 * The fields of a line: `own` win over `bound`. An Error becomes `exception.*`, as OpenTelemetry names them; what throws when it is
 * read says so.
 */
export function joined(bound: Fields, own: Fields | undefined): Fields {
  if (own === undefined) return bound
  const all: Record<string, unknown> = { ...bound }
  try {
    for (const name in own) put(all, name, own)
  } catch {
    // What cannot even be asked for its fields has none.
  }
  return all
}

function put(all: Record<string, unknown>, name: string, own: Fields): void {
  try {
    const value = own[name]
    if (value instanceof Error) Object.assign(all, exceptionFields(value))
    else all[name] = value
  } catch {
    all[name] = UNREADABLE
  }
}

/** The message itself, unless it throws when it is read. */
export function readable(message: unknown): unknown {
  try {
    if (message instanceof Error) exceptionFields(message)
    return message
  } catch {
    return UNREADABLE
  }
}

export function exceptionFields(error: Error): Fields {
  return {
    'exception.type': error.name,
    'exception.message': error.message,
    'exception.stacktrace': error.stack,
  }
}
