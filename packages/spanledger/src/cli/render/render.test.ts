import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatInteger,
  formatMoney,
  formatNumber,
  formatWhen,
} from './format.ts'
import { renderMetric } from './lists.ts'
import { table } from './table.ts'
import { displayWidth, fit } from './width.ts'

process.env['TZ'] = 'UTC'

describe('figures', () => {
  it.each([
    [-1, '0 ms'],
    [0.0001, '1 µs'],
    [0.25, '250 µs'],
    [9.94, '9.9 ms'],
    [9.96, '10 ms'],
    [999.4, '999 ms'],
    [999.6, '1.0 s'],
    [59_940, '59.9 s'],
    [59_960, '1m 00s'],
    [125_000, '2m 05s'],
    [3_599_900, '1h 00m'],
    [86_400_000, '1d 00h'],
    [273_600_000, '3d 04h'],
  ])('%d ms is %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it('are told with as many digits as they deserve', () => {
    expect([null, 0, 0.00001, 0.0072, 0.12, 1234.5].map(formatMoney)).toEqual([
      '-',
      '$0.00',
      '<$0.0001',
      '$0.0072',
      '$0.12',
      '$1234.50',
    ])
    expect([0, 999, 12_400, 999_949, 999_950, 2.5e9].map(formatCount)).toEqual([
      '0',
      '999',
      '12.4k',
      '999.9k',
      '1.0M',
      '2.5G',
    ])
    expect([5, 1234, 1_234_567].map(formatInteger)).toEqual(['5', '1,234', '1,234,567'])
    expect([12, 12_400, 486_400_000, 5e15].map(formatBytes)).toEqual([
      '12 B',
      '12.4 kB',
      '486.4 MB',
      '5000.0 TB',
    ])
    expect([-1234, 0.1 + 0.2, 1e21, Number.NaN].map(formatNumber)).toEqual(['-1,234', '0.3', '1e+21', 'NaN'])
  })

  it('tell times by how far away they are', () => {
    const now = Date.UTC(2026, 10, 21, 14)
    expect(
      ['2026-11-21T12:00:01Z', '2026-11-20T12:00:01Z', '2025-11-20T12:00:01Z', 'never'].map((at) =>
        formatWhen(at, now),
      ),
    ).toEqual(['12:00:01', 'Nov 20 12:00', '2025-11-20 12:00', 'never'])
  })
})

/** One of several series that differ in `type` only. */
const series = (type: string, value: number) => ({
  service: 'cli',
  attributes: { model: 'm', 'user.id': 'x'.repeat(100), type },
  type: 'sum',
  unit: 'tokens',
  temporality: 'delta',
  points: 1,
  firstTime: null,
  lastTime: null,
  value,
  count: null,
  sum: null,
  min: null,
  max: null,
})

it('tells once what all series of a metric share', () => {
  const terminal = { columns: 60, colors: picocolors.createColors(false), nowMs: 0 }
  const answer = { name: 'usage', rows: [series('input', 5), series('output', 7)], cut: false, limit: 9 }
  expect(renderMetric(answer, terminal)).toBe(
    [
      'usage  sum, delta, tokens',
      '  model=m',
      `  user.id=${'x'.repeat(49)}…`,
      'SERVICE  ATTRIBUTES   SUM  POINTS  LAST TIME',
      'cli      type=input     5       1  -',
      'cli      type=output    7       1  -',
      '',
    ].join('\n'),
  )
})

describe('a table', () => {
  const colors = picocolors.createColors(false)
  const draw = (columns: number, rows: { name: string; n: number; where: string }[]) =>
    table(
      [
        { head: 'NAME', value: (row) => row.name, shrinkTo: 6 },
        { head: 'N', align: 'right', value: (row) => String(row.n) },
        { head: 'WHERE', value: (row) => row.where, drop: 1 },
      ],
      rows,
      { columns, colors, nowMs: 0 },
    )

  it('aligns by what characters take, not by how many there are', () => {
    expect(
      draw(80, [
        { name: '日本', n: 5, where: 'x' },
        { name: 'café', n: 1234, where: 'y' },
      ]),
    ).toBe('NAME     N  WHERE\n日本     5  x\ncafé  1234  y\n')
  })

  it('shrinks what may shrink, then drops what may go, and always fits', () => {
    const rows = [{ name: 'a long name indeed', n: 5, where: 'somewhere' }]
    expect(draw(26, rows)).toBe('NAME          N  WHERE\na long name…  5  somewhere\n')
    expect(draw(12, rows)).toBe('NAME       N\na long n…  5\n')
    for (let columns = 9; columns < 40; columns++)
      for (const line of draw(columns, rows).split('\n'))
        expect(displayWidth(line)).toBeLessThanOrEqual(columns)
  })

  it('cuts between characters, never inside one', () => {
    expect(fit('日本語', 4)).toBe('日…')
    expect(fit('👍👍', 3)).toBe('👍…')
    expect(fit('abc', 3)).toBe('abc')
    expect(displayWidth('e\u0301')).toBe(1)
    expect(['✅', '⚠', '🇩🇪', '🚀', '🌡'].map(displayWidth)).toEqual([2, 1, 2, 2, 1])
  })
})
