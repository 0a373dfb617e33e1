import type { DuckDBResult, DuckDBType } from '@duckdb/node-api'

export type Row = Record<string, unknown>

const INTEGERS = new Set(['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT'])

/** An answer is held as a whole, in a daemon that also records: what is larger is refused before it takes the memory. */
const ANSWER_CHARACTERS_MAX = 64 * 1024 * 1024

export class AnswerTooLargeError extends Error {
  readonly code = 'ANSWER_TOO_LARGE'
  constructor(what = `is larger than ${ANSWER_CHARACTERS_MAX / 1024 / 1024} MiB`) {
    super(`the answer ${what}`)
  }
}

/**
 * Rows as JSON values: integers as numbers while they are exact, JSON columns parsed, everything else as DuckDB writes it.
 *
 * @param atMost rows read; the others are not computed
 * Errors  AnswerTooLargeError
 */
export async function jsonRows(result: DuckDBResult, atMost = Infinity): Promise<Row[]> {
  const names = result.deduplicatedColumnNames()
  const convert = result.columnTypes().map(converter)
  const rows: Row[] = []
  let characters = 0
  for await (const chunk of result.yieldRowsJson()) {
    characters += JSON.stringify(chunk).length
    if (characters > ANSWER_CHARACTERS_MAX) throw new AnswerTooLargeError()
    for (const row of chunk)
      rows.push(
        Object.fromEntries(row.map((value, i) => [names[i]!, value === null ? null : convert[i]!(value)])),
      )
    if (rows.length >= atMost) break
  }
  return rows
}

function converter(type: DuckDBType): (value: unknown) => unknown {
  if (type.alias === 'JSON') return parsed
  const name = String(type)
  if (INTEGERS.has(name)) return exactNumber
  if (name.startsWith('DECIMAL(')) return exactDecimal
  return (value) => value
}

const exactNumber = (value: unknown): unknown => {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A double holds any decimal of so many digits. */
const DOUBLE_DIGITS = 15

const exactDecimal = (value: unknown): unknown =>
  String(value).replace(/^-?0*/, '').replace('.', '').length > DOUBLE_DIGITS ? value : Number(value)

/** A line may hold what JSON.parse refuses although DuckDB read it: then it stays text. */
function parsed(value: unknown): unknown {
  try {
    return JSON.parse(String(value))
  } catch {
    return value
  }
}
