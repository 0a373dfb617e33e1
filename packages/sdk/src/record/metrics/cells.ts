import { attributeList } from '../attributes.ts'
import type { Attributes } from '../attributes.ts'
import type { AttributeList, AttributeValue } from '../data.ts'

/** Sets of attributes of one instrument; measurements with others count under OVERFLOW. Source: specification, "Cardinality limits". */
export const CARDINALITY_MAX = 2_000
const OVERFLOW: AttributeList = ['otel.metric.overflow', true]
/** Steps remembered from attributes as callers write them; when full, the memory starts anew. */
const STEPS_MAX = 16_384

/** One attribute further on the way from nothing to a set of attributes. */
interface Step<Cell> {
  cell: Cell | undefined
  /** The step that was taken last: most callers take the same one again. */
  lastKey: string
  lastValue: unknown
  last: Step<Cell> | undefined
  next: Map<string, Map<unknown, Step<Cell>>> | undefined
}

const newStep = <Cell>(): Step<Cell> => ({
  cell: undefined,
  lastKey: '',
  // Not even itself.
  lastValue: Number.NaN,
  last: undefined,
  next: undefined,
})

/**
 * What an instrument has counted, by attributes.
 *
 * A caller's object is walked attribute by attribute along steps that were taken before: 14 ns for two attributes, where
 * making a key of them takes 300. Different orders are different ways to the same cell.
 */
export class Cells<Cell> {
  readonly #create: (attributes: AttributeList) => Cell
  #first: Step<Cell> = newStep()
  #steps = 0
  #byKey = new Map<string, Cell>()
  #overflow: Cell | undefined

  constructor(create: (attributes: AttributeList) => Cell) {
    this.#create = create
  }

  /** Never throws. */
  of(attributes: Attributes | undefined): Cell {
    let step: Step<Cell> | undefined = this.#first
    try {
      for (const key in attributes) {
        const value: unknown = attributes[key]
        if (step.lastKey === key && step.lastValue === value) step = step.last!
        else {
          step = this.#next(step, key, value)
          if (step === undefined) return this.#find(attributes)
        }
      }
    } catch {
      return this.#find(attributes)
    }
    return (step.cell ??= this.#find(attributes))
  }

  values(): Iterable<Cell> {
    return this.#overflow === undefined ? this.#byKey.values() : [...this.#byKey.values(), this.#overflow]
  }

  clear(): void {
    this.#first = newStep()
    this.#steps = 0
    this.#byKey = new Map()
    this.#overflow = undefined
  }

  /** Undefined for what has no identity to remember. */
  #next(step: Step<Cell>, key: string, value: unknown): Step<Cell> | undefined {
    if (typeof value === 'object' || typeof value === 'function') return undefined
    step.next ??= new Map()
    let byValue = step.next.get(key)
    if (byValue === undefined) step.next.set(key, (byValue = new Map()))
    let next = byValue.get(value)
    if (next === undefined) {
      if (++this.#steps > STEPS_MAX) {
        this.#first = newStep()
        this.#steps = 0
        return undefined
      }
      byValue.set(value, (next = newStep()))
    }
    step.lastKey = key
    step.lastValue = value
    return (step.last = next)
  }

  #find(attributes: Attributes | undefined): Cell {
    const list = attributeList(attributes)
    const key = keyOf(list)
    let cell = this.#byKey.get(key)
    if (cell !== undefined) return cell
    if (this.#byKey.size >= CARDINALITY_MAX) return (this.#overflow ??= this.#create(OVERFLOW))
    this.#byKey.set(key, (cell = this.#create(list)))
    return cell
  }
}

/** Equal for equal sets, in any order. */
export function keyOf(list: AttributeList): string {
  const parts: string[] = []
  for (let i = 0; i < list.length; i += 2)
    parts.push(
      JSON.stringify([list[i], typeof list[i + 1], list[i + 1]], (_, value: unknown) =>
        exact(value as AttributeValue),
      ),
    )
  return parts.toSorted().join()
}

function exact(value: AttributeValue): unknown {
  return typeof value === 'bigint' || typeof value === 'number' ? String(value) : value
}
