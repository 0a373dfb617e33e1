import type { DuckDBResultReader, DuckDBType } from '@duckdb/node-api'

export type Row = Record<string, unknown>

const INTEGERS = new Set(['BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT'])

/** Rows as JSON values: integers as numbers while they are exact, JSON columns parsed, everything else as DuckDB writes it. */
export function jsonRows(reader: DuckDBResultReader): Row[] {
  const names = reader.deduplicatedColumnNames()
  const convert = reader.columnTypes().map(converter)
  return reader
    .getRowsJson()
    .map((row) =>
      Object.fromEntries(row.map((value, i) => [names[i]!, value === null ? null : convert[i]!(value)])),
    )
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
