import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parsePrices, PricesInvalidError, priceTable } from './prices.ts'

const tokens = {
  input: 1_000_000,
  output: 100_000,
  cacheRead: 500_000,
  cacheWrite: 100_000,
  reasoning: 50_000,
}
const day = (date: string): number => Date.parse(date)

describe('a price', () => {
  const table = priceTable([
    { model: 'm', validFrom: '2025-01-01', input: 10, output: 100, cacheRead: 1, cacheWrite: 12 },
    { model: 'm', validFrom: '2026-01-01', input: 5, output: 50 },
    { model: 'fast-*', validFrom: '2025-01-01', input: 1, output: 1 },
    { model: 'fast-mini-*', validFrom: '2025-01-01', input: 2, output: 2 },
  ])

  it('counts each token once: cached ones at their own price, reasoning as output', () => {
    expect(table('m', day('2025-06-01'), tokens)).toBeCloseTo(0.4 * 10 + 0.5 * 1 + 0.1 * 12 + 0.1 * 100)
  })

  it('is the one valid when the call was made, and none before the first', () => {
    expect(table('m', day('2026-06-01'), tokens)).toBeCloseTo(1 * 5 + 0.1 * 50)
    expect(table('m', day('2024-12-31'), tokens)).toBeNull()
  })

  it('is that of the longest name that fits; a model nobody knows has none', () => {
    expect(table('fast-mini-1', day('2026-01-01'), { ...tokens, output: 0 })).toBeCloseTo(2)
    expect(table('fast-x', day('2026-01-01'), { ...tokens, output: 0 })).toBeCloseTo(1)
    expect(table('slow', day('2026-01-01'), tokens)).toBeNull()
  })

  it('does not mind a provider before the name or a variant after it', () => {
    expect(table('some/m[1m]', day('2026-06-01'), tokens)).toBe(table('m', day('2026-06-01'), tokens))
  })

  it("is the user's before ours", () => {
    const mine = priceTable(
      [{ model: 'm', validFrom: '1970-01-01', input: 0, output: 0 }],
      [{ model: 'm', validFrom: '1970-01-01', input: 9, output: 9 }],
    )
    expect(mine('m', day('2026-01-01'), tokens)).toBe(0)
  })
})

describe('prices.json', () => {
  const ours = readFileSync(new URL('../../data/prices.json', import.meta.url), 'utf8')

  it('of the package is valid, and every entry says where it is from', () => {
    expect(parsePrices(ours, 'prices.json').length).toBeGreaterThan(20)
    const { prices } = JSON.parse(ours) as { prices: { source?: string }[] }
    expect(prices.filter(({ source }) => !source)).toEqual([])
  })

  it('prices a Claude call as Claude Code itself reports it', () => {
    const table = priceTable(parsePrices(ours, 'prices.json'))
    const call = { input: 4550, output: 180, cacheRead: 1800, cacheWrite: 350, reasoning: 0 }
    expect(table('claude-opus-4-8', day('2026-11-21'), call)).toBeCloseTo(0.0195875, 10)
  })

  it('leaves a newer model than it knows without a price', () => {
    const table = priceTable(parsePrices(ours, 'prices.json'))
    for (const model of ['gpt-99', 'gpt-5.99', 'claude-opus-9', 'gemini-99-pro'])
      expect(table(model, day('2027-01-01'), tokens)).toBeNull()
  })

  it.each([
    ['{', 'mine.json'],
    ['[]', 'mine.json'],
    ['{"prices":[{"model":"m","input":1,"output":1},{"input":1}]}', 'mine.json: prices[1].model'],
    ['{"prices":[{"model":"m","input":"1","output":1}]}', 'mine.json: prices[0].input'],
    ['{"prices":[{"model":"m","input":1,"output":-1}]}', 'mine.json: prices[0].output'],
    ['{"prices":[{"model":"m","input":1,"output":1,"validFrom":"soon"}]}', 'mine.json: prices[0].validFrom'],
  ])('%s is refused with its place', (text, place) => {
    let refused: unknown
    try {
      parsePrices(text, 'mine.json')
    } catch (error) {
      refused = error
    }
    expect(refused).toBeInstanceOf(PricesInvalidError)
    expect(refused).toMatchObject({ code: 'PRICES_INVALID', place })
  })
})
