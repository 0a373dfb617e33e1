import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sqlText } from './sql-text.ts'

const shown = (query: string, system = 'postgresql'): string => sqlText(query, system).text

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`

describe('the text of a query', () => {
  it.each([
    [
      "SELECT * FROM users WHERE name = 'O''Hara' AND age > 42",
      'SELECT * FROM users WHERE name = ? AND age > ?',
    ],
    ['SELECT $1, "a ""b""" FROM t', 'SELECT $1, "a ""b""" FROM t'],
    ["SELECT 'C:\\', 'secret'", 'SELECT ?, ?'],
    ["SELECT E'it\\'s', 'secret'", 'SELECT ?, ?'],
    ["SELECT $$it's$$, $tag$ $$ $tag$, x", 'SELECT ?, ?, x'],
    ["SELECT 1 -- 'not a text\nFROM t", 'SELECT ? FROM t'],
    ["SELECT /* ' */ 0xFF, -1.5e3, .5", 'SELECT ?, ?, ?'],
    ['SELECT t1.c2 FROM t1 WHERE id IN (1, 2,3)', 'SELECT t1.c2 FROM t1 WHERE id IN (?)'],
    ["SELECT 'never ends", 'SELECT ?'],
    ['SELECT 1_000_000, a-1, t1', 'SELECT ?, a-?, t1'],
    ["SELECT B'01', X'ff', N'text'", 'SELECT ?, ?, ?'],
  ])('%s', (query, text) => expect(shown(query)).toBe(text))

  it("reads MySQL's escapes, double quotes and comments", () => {
    expect(shown(`SELECT 'it\\'s', "secret", \`a\` FROM t # 'x`, 'mysql')).toBe('SELECT ?, ?, `a` FROM t')
  })

  it('never shows what stands in quotes, whatever it is', () => {
    const secret = fc.string({
      unit: fc.constantFrom('q', 'z', "'", '"', '\\', '-', '/', '*', '$', '\n', ' '),
    })
    fc.assert(
      fc.property(secret, secret, (a, b) => {
        expect(shown(`SELECT ${quoted(a)}, x, ${quoted(b)} FROM t`)).toBe('SELECT ?, x, ? FROM t')
      }),
    )
  })

  it('is read in time that grows with its length, to a limit', () => {
    for (const part of ["'", "''", '/*', '$a', '(?,', "E'\\", '1e', '--'])
      expect(shown(part.repeat(100_000)).length).toBeLessThan(40_000)
  })
})

describe('what a query does', () => {
  it.each([
    ['select * from public."Users" u', 'SELECT public.Users'],
    ['INSERT INTO jobs VALUES (1)', 'INSERT jobs'],
    ['UPDATE ONLY t SET a = 1', 'UPDATE t'],
    ['DELETE FROM t', 'DELETE t'],
    ['CREATE TABLE IF NOT EXISTS t (id int)', 'CREATE t'],
    ['WITH a AS (SELECT 1 FROM x) UPDATE t SET b = 1', 'UPDATE t'],
    ['BEGIN', 'BEGIN'],
    ['', 'UNKNOWN'],
  ])('%s: %s', (query, summary) => expect(sqlText(query, 'postgresql').summary).toBe(summary))
})
