import { createHash } from 'node:crypto'
import type { Tokens } from './session-view.ts'

/** USD per million tokens. A part without a price of its own costs what input costs. */
export interface Price {
  /** Model name; a `*` at the end stands for anything. The longest that fits is taken. */
  model: string
  /** ISO date (UTC) from which it holds; of several that fit, the latest before the call. */
  validFrom: string
  input: number
  output: number
  cacheRead?: number
  cacheWrite?: number
  source?: string
}

/** What a call cost by the price valid when it was made; null without a price. */
export type PriceOf = (model: string, atMs: number, tokens: Tokens) => number | null

/** Prices that other figures are kept of: those made with another table are void. */
export interface PriceTable {
  (...call: Parameters<PriceOf>): number | null
  /** The same for the same prices. */
  readonly id: string
  /** What it was made of. */
  readonly tables: readonly (readonly Price[])[]
}

/** prices.json does not say what it must; `place` names the entry and the field. */
export class PricesInvalidError extends Error {
  readonly code = 'PRICES_INVALID'
  readonly place: string

  constructor(place: string, problem: string) {
    super(`${place}: ${problem}`)
    this.name = 'PricesInvalidError'
    this.place = place
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Text of a prices.json -> prices. Errors name the file, the entry and the field. */
export function parsePrices(text: string, file: string): Price[] {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new PricesInvalidError(file, `not JSON: ${(error as Error).message}`)
  }
  const entries = (json as { prices?: unknown } | null)?.prices
  if (!Array.isArray(entries)) throw new PricesInvalidError(file, 'expected {"prices": [...]}')
  return entries.map((entry: unknown, i) => priceOf(entry, `${file}: prices[${i}]`))
}

function priceOf(entry: unknown, place: string): Price {
  if (typeof entry !== 'object' || entry === null) throw new PricesInvalidError(place, 'expected an object')
  const from = entry as Record<string, unknown>
  if (typeof from['model'] !== 'string' || from['model'] === '')
    throw new PricesInvalidError(`${place}.model`, 'expected a model name')
  const validFrom = from['validFrom'] ?? '1970-01-01'
  if (typeof validFrom !== 'string' || !DATE.test(validFrom) || Number.isNaN(Date.parse(validFrom)))
    throw new PricesInvalidError(`${place}.validFrom`, 'expected a date such as 2026-01-31')
  const price: Price = { model: from['model'], validFrom, input: 0, output: 0 }
  for (const part of ['input', 'output', 'cacheRead', 'cacheWrite'] as const) {
    const value = from[part]
    if (value === undefined && part.startsWith('cache')) continue
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw new PricesInvalidError(
        `${place}.${part}`,
        'expected US dollars per million tokens, a number from 0 up',
      )
    price[part] = value
  }
  return price
}

/** Providers' prefixes and variants that do not change the price: `anthropic/claude-x[1m]` is `claude-x`. */
const bare = (model: string): string => model.replace(/^.*\//, '').replace(/\[.*\]$/, '')

/** The first table that knows the model decides: the user's own before ours. */
export function priceTable(...tables: readonly (readonly Price[])[]): PriceTable {
  const remembered = new Map<string, readonly Dated[]>()
  const pricesFor = (model: string): readonly Dated[] => {
    const known = remembered.get(model)
    if (known) return known
    const found = tables.map((table) => fitting(table, bare(model))).find((prices) => prices.length > 0) ?? []
    remembered.set(model, found)
    return found
  }
  const dollarsOf: PriceOf = (model, atMs, tokens) => {
    const price = pricesFor(model).find(({ fromMs }) => fromMs <= atMs)
    if (!price) return null
    const plain = Math.max(0, tokens.input - tokens.cacheRead - tokens.cacheWrite)
    const dollars =
      plain * price.input +
      tokens.cacheRead * (price.cacheRead ?? price.input) +
      tokens.cacheWrite * (price.cacheWrite ?? price.input) +
      tokens.output * price.output
    return dollars / 1e6
  }
  const id = createHash('sha256').update(JSON.stringify(tables)).digest('hex').slice(0, 16)
  return Object.assign(dollarsOf, { id, tables })
}

interface Dated extends Price {
  fromMs: number
}

/** Latest first. */
function fitting(table: readonly Price[], model: string): Dated[] {
  const exact = table.filter((price) => price.model === model)
  const open = table.filter(
    (price) => price.model.endsWith('*') && model.startsWith(price.model.slice(0, -1)),
  )
  const longest = Math.max(0, ...open.map((price) => price.model.length))
  const best = exact.length > 0 ? exact : open.filter((price) => price.model.length === longest)
  return best
    .map((price) => ({ ...price, fromMs: Date.parse(price.validFrom) }))
    .toSorted((a, b) => b.fromMs - a.fromMs)
}
