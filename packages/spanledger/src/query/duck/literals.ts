/** A string literal. DuckDB knows no other escape than the doubled quote; a NUL would end the statement early. */
export const quoted = (text: string): string => `'${text.replaceAll('\0', '').replaceAll("'", "''")}'`

/** A name in SQL, of a column that an attribute gave its name. */
export const identifier = (name: string): string => `"${name}"`
