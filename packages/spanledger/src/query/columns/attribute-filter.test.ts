import { Buffer } from 'node:buffer'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AttributeFilter, blockAt, blockMayHold, FILTER_BLOCK_BYTES } from './attribute-filter.ts'
import { pairsOf, scanAttributes } from './attribute-scan.ts'

/** Whether a filter made of these lines lets the pair through, as a question would ask it. */
function mayHold(filter: Uint8Array, key: string, value: string): boolean {
  return pairsOf(key, value).some((pair) => {
    const at = blockAt(pair, filter.length)
    return blockMayHold(filter.subarray(at, at + FILTER_BLOCK_BYTES), pair)
  })
}

const scan = (lines: readonly string[]): Uint8Array | undefined => {
  const filter = new AttributeFilter()
  return scanAttributes(Buffer.from(lines.map((line) => `${line}\n`).join('')), filter)
    ? filter.finish()
    : undefined
}
const lineOf = (attrs: object): string =>
  JSON.stringify({ span: '1', trace: '2', name: '"attrs"', attrs, in: 'x' })

const key = fc.constantFrom('a', 'b.c', 'ключ', 'attrs')
const scalar = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
)
const value = fc.oneof(scalar, fc.array(scalar, { maxLength: 3 }), fc.object({ maxDepth: 3 }))

describe('the filter of attributes', () => {
  it('never denies what a line holds', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(key, value, { noNullPrototype: true }), { maxLength: 8 }), (all) => {
        const filter = scan(all.map(lineOf))
        if (filter === undefined) return
        for (const attrs of all)
          for (const [name, held] of Object.entries(attrs))
            expect(mayHold(filter, name, typeof held === 'string' ? held : JSON.stringify(held))).toBe(true)
      }),
    )
  })

  it.each([
    ['503', 503],
    ['503', 503.0],
    ['503.0', 503],
    ['5.03e2', 503],
    ['503', '503.0'],
    ['503', ' 503 '],
    ['503', '5_03'],
    ['0.5', '.5'],
    ['0.05', 0.05],
    ['1e-7', '0.0000001'],
    ['12.5', '12.50'],
    ['12', '12.'],
    ['1.5', '01.5'],
    ['12.75', 12.75],
    ['1e21', 1e21],
    ['true', true],
  ])('finds %j as the number, or the word, %j', (asked, held) => {
    expect(mayHold(scan([lineOf({ n: held })])!, 'n', asked)).toBe(true)
  })

  it('finds what a list with repeated names holds, and names that begin with $', () => {
    const pairs = [
      ['user', 'a'],
      ['user', 'b'],
      ['$n', 1.5],
      ['tags', ['x']],
    ]
    const filter = scan([lineOf({ $kvlist: pairs } as never)])!
    expect(mayHold(filter, 'user', 'b')).toBe(true)
    expect(mayHold(filter, '$n', '1.50')).toBe(true)
    expect(mayHold(filter, 'tags', '["x"]')).toBe(true)
    expect(mayHold(filter, 'user', 'c')).toBe(false)
  })

  it('denies nearly everything else, and is folded to a few bytes a pair', () => {
    const lines = Array.from({ length: 20_000 }, (_, i) =>
      lineOf({ user: `u-${i}`, 'http.method': 'GET', n: i }),
    )
    const filter = scan(lines)!
    expect(filter.length).toBeLessThanOrEqual(20_000 * 2 * 2)
    const passed = Array.from({ length: 10_000 }, (_, i) => `nobody-${i}`).filter((name) =>
      mayHold(filter, 'user', name),
    )
    expect(passed.length).toBeLessThan(500)
    expect(mayHold(filter, 'http.method', 'u-1')).toBe(false)
  })

  it.each([
    ['spaces between keys', '{"span":"1","attrs":{ "a":1}}'],
    ['an escaped key', '{"span":"1","attrs":{"\\u0061":1}}'],
    ['a line that was cut', '{"span":"1","attrs":{"a":"b'],
    ['no object', '{"span":"1","attrs":7}'],
  ])('does not vouch for %s', (_, line) => expect(scan([line])).toBeUndefined())
})
