import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import { readWhole, type Platform } from '@spanledger/sdk/platform'
import { parsePrices, priceTable, type PriceTable } from './prices.ts'

/** The table that comes with the package. */
const OURS = new URL('../../data/prices.json', import.meta.url)

/**
 * HOME/prices.json, where there is one, before the table that comes with the package.
 *
 * Errors  PricesInvalidError names the file, the entry and the field.
 */
export async function loadPrices(platform: Platform, home: Pick<Home, 'dir'>): Promise<PriceTable> {
  const ours = parsePrices(await readFile(OURS, 'utf8'), 'prices.json')
  const path = join(home.dir, 'prices.json')
  const bytes = await readWhole(platform.files, path)
  return bytes ? priceTable(parsePrices(new TextDecoder().decode(bytes), path), ours) : priceTable(ours)
}
