import type { Platform } from '@spanledger/sdk/platform'
import { openPages } from './pages.ts'
import type { SqliteValue } from './record.ts'
import { rowsOf } from './table.ts'

export type Row = Record<string, SqliteValue>

/** A database, for reading alone. */
export interface Database {
  /** In the order of their row numbers; nothing for a table that is not there. */
  rows(table: string): AsyncIterable<Row>
  /** As of Pages. */
  isSame(): Promise<boolean>
  close(): Promise<void>
}

/**
 * Reads what an agent keeps in SQLite beside the agent, without a dependency: node:sqlite needs Node 22.5, and other readers bring a
 * compiled SQLite. Tables with row numbers and text in UTF-8 are all there is to read.
 *
 * Errors  SqliteUnreadableError
 */
export async function openDatabase(platform: Pick<Platform, 'files'>, path: string): Promise<Database> {
  const pages = await openPages(platform, path)
  const tables = new Map<string, { root: number; columns: string[] }>()
  try {
    for await (const [type, name, , root, sql] of rowsOf(pages, 1))
      if (type === 'table' && typeof name === 'string' && typeof root === 'number' && typeof sql === 'string')
        tables.set(name, { root, columns: columnsOf(sql) })
  } catch (error) {
    await pages.close()
    throw error
  }
  return {
    async *rows(name) {
      const table = tables.get(name)
      if (table === undefined) return
      for await (const values of rowsOf(pages, table.root)) {
        const row: Row = {}
        // A column that was added later is absent in older rows.
        for (const [i, column] of table.columns.entries()) row[column] = values[i] ?? null
        yield row
      }
    },
    isSame: () => pages.isSame(),
    close: () => pages.close(),
  }
}

const NO_COLUMN = /^(?:CONSTRAINT|PRIMARY|FOREIGN|UNIQUE|CHECK)\b/i

/** The names in `CREATE TABLE x (...)`. */
function columnsOf(sql: string): string[] {
  const body = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')'))
  const parts: string[] = []
  let [depth, start] = [0, 0]
  for (let i = 0; i < body.length; i++) {
    const character = body[i]
    if (character === '(') depth++
    else if (character === ')') depth--
    else if (character === ',' && depth === 0) {
      parts.push(body.slice(start, i))
      start = i + 1
    }
  }
  return [...parts, body.slice(start)]
    .map((part) => part.trim())
    .filter((part) => part !== '' && !NO_COLUMN.test(part))
    .map((part) => /^(?:"([^"]+)"|`([^`]+)`|\[([^\]]+)\]|(\S+))/.exec(part)!.slice(1).find(Boolean)!)
}
