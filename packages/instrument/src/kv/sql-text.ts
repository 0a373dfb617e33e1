/** A query as it may be shown: what it does, and to what, without what was asked for. */
export interface SqlText {
  /** Literals are `?`; comments are gone. */
  readonly text: string
  /** `SELECT`, `INSERT`; `UNKNOWN` when it begins with no word. */
  readonly operation: string
  readonly collection: string | undefined
  /** `SELECT users`. */
  readonly summary: string
}

/** Characters that are looked at; the rest is not shown. */
const TEXT_MAX = 16_384
/** Queries that are remembered, short ones; programs repeat few. When it is full all are forgotten. */
const REMEMBERED_MAX = 500
const REMEMBERED_LENGTH_MAX = 2_000

const remembered = new Map<string, SqlText>()

/** Source: semantic conventions, "Sanitization of db.query.text". */
export function sqlText(query: string, system: string): SqlText {
  const key = `${system} ${query.length > TEXT_MAX ? query.slice(0, TEXT_MAX) : query}`
  let found = remembered.get(key)
  if (found === undefined) {
    found = describe(sanitised(key.slice(system.length + 1), system))
    if (remembered.size >= REMEMBERED_MAX) remembered.clear()
    if (key.length <= REMEMBERED_LENGTH_MAX) remembered.set(key, found)
  }
  return found
}

/** MySQL reads a backslash in any text as an escape and double quotes as text; standard SQL does neither. */
const isMySql = (system: string): boolean => system === 'mysql' || system === 'mariadb'

/**
 * Read from left to right, so that a quote in a comment, or two dashes in a text, are what they are. Text without an end goes to
 * the end. What is kept: names, also quoted ones, and $1.
 */
const COMMENT = String.raw`--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)`
const DOLLARS = String.raw`\$([A-Za-z_]\w*|)\$[\s\S]*?(?:\$\1\$|$)`
const ESCAPED = String.raw`'(?:[^'\\]|''|\\[\s\S])*(?:'|$)`
const PLAIN = String.raw`'(?:[^']|'')*(?:'|$)`
const NUMBER = String.raw`(?<![\w$.])[-+]?(?:0[xX][0-9a-fA-F]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)(?![\w])`
const STANDARD = new RegExp(
  String.raw`${COMMENT}|${DOLLARS}|[eE]${ESCAPED}|[bBxXnN]?${PLAIN}|("(?:[^"]|"")*(?:"|$)|\$\d+|[A-Za-z_][\w$]*)|${NUMBER}`,
  'g',
)
const MYSQL = new RegExp(
  String.raw`${COMMENT}|#[^\n]*|(?!)()|[bBxXnN]?${ESCAPED}|"(?:[^"\\]|""|\\[\s\S])*(?:"|$)|(${'`[^`]*(?:`|$)'}|[A-Za-z_][\w$]*)|${NUMBER}`,
  'g',
)

function sanitised(query: string, system: string): string {
  return (
    query
      .replace(isMySql(system) ? MYSQL : STANDARD, (match, _tag: unknown, kept: string | undefined) => {
        if (kept !== undefined) return kept
        return match.startsWith('--') || match.startsWith('/*') || match.startsWith('#') ? ' ' : '?'
      })
      .replace(/\s+/g, ' ')
      // Lists of any length are one query.
      .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?)')
      .trim()
  )
}

const VERB = /^\W*([A-Za-z]+)/
/** A common table expression is not what is done with it. */
const AFTER_WITH = /\)\s*(SELECT|INSERT|UPDATE|DELETE|MERGE)\b/i
const TARGET =
  /\b(?:FROM|INTO|UPDATE|TABLE|INDEX\b.*?\bON)\s+(?:(?:IF\s+(?:NOT\s+)?EXISTS|ONLY|LATERAL)\s+)*((?:"[^"]+"|`[^`]+`|[\w$]+)(?:\.(?:"[^"]+"|`[^`]+`|[\w$]+))*)/i

function describe(text: string): SqlText {
  const verb = VERB.exec(text)?.[1]?.toUpperCase() ?? 'UNKNOWN'
  const operation = verb === 'WITH' ? (AFTER_WITH.exec(text)?.[1]?.toUpperCase() ?? verb) : verb
  const from = verb === 'WITH' ? text.slice(text.search(AFTER_WITH)) : text
  const collection = TARGET.exec(from)?.[1]?.replace(/["`]/g, '')
  return {
    text,
    operation,
    collection,
    summary: collection === undefined ? operation : `${operation} ${collection}`,
  }
}
