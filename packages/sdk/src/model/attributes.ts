import type { Attributes, Value } from './lines.ts'

/** An attribute list by its names, in whichever form the line has it; of a name that is repeated the last value. */
export function plainAttributes(list: Attributes | undefined): Attributes | undefined {
  const pairs = list?.['$kvlist']
  return Array.isArray(pairs) ? Object.fromEntries(pairs.filter(isPair)) : list
}

const isPair = (pair: Value): pair is [string, Value] => Array.isArray(pair)
