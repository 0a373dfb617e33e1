import type { AttributeList, AttributeValue } from './data.ts'
import { DEFAULT_LIMITS, KEY_LENGTH_MAX, NESTING_MAX, VALUES_MAX } from './limits.ts'
import type { AttributeLimits } from './limits.ts'
import { cut } from './text.ts'

/** What callers hand in: anything. `undefined` is as if the key were not there. */
export type Attributes = { readonly [key: string]: unknown }

const NO_ATTRIBUTES: AttributeList = []

/** Sets one attribute in `list`; returns how many were dropped, 0 or 1. Never throws. */
export function putAttribute(
  list: AttributeValue[],
  key: string,
  value: unknown,
  limits: AttributeLimits,
): number {
  let clean: AttributeValue | undefined
  if (typeof value === 'string')
    clean = value.length <= limits.stringLength ? value : cut(value, limits.stringLength)
  else if (typeof value === 'number' || typeof value === 'boolean') clean = value
  else if (value === undefined) return 0
  else clean = cleanValue(value, limits)
  if (clean === undefined || typeof key !== 'string' || key === '' || key.length > KEY_LENGTH_MAX) return 1
  for (let i = 0; i < list.length; i += 2) {
    if (list[i] === key) {
      list[i + 1] = clean
      return 0
    }
  }
  if (list.length >= limits.attributes * 2) return 1
  list.push(key, clean)
  return 0
}

/** As `putAttribute`, for all own members; returns how many were dropped. */
export function putAttributes(
  list: AttributeValue[],
  attributes: Attributes,
  limits: AttributeLimits,
): number {
  let dropped = 0
  try {
    // for..in reads the keys from the object's shape, where Object.keys makes an array.
    for (const key in attributes) {
      if (!Object.hasOwn(attributes, key)) continue
      let value: unknown
      try {
        value = attributes[key]
      } catch {
        value = UNREADABLE
      }
      dropped += putAttribute(list, key, value, limits)
    }
  } catch {
    dropped++
  }
  return dropped
}

/** @internal */
export function attributeList(
  attributes: Attributes | undefined,
  limits: AttributeLimits = DEFAULT_LIMITS,
): AttributeList {
  if (attributes === undefined || attributes === null) return NO_ATTRIBUTES
  const list: AttributeValue[] = []
  putAttributes(list, attributes, limits)
  return list
}

const UNREADABLE = '[unreadable]'
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n

/** What can be kept of a value: a copy, so that later changes do not show. Undefined for functions and symbols. Never throws. @internal */
export function cleanValue(
  value: unknown,
  limits: AttributeLimits = DEFAULT_LIMITS,
): AttributeValue | undefined {
  if (typeof value === 'string') return cut(value, limits.stringLength)
  try {
    return new Cleaning(limits.stringLength).value(value)
  } catch {
    return UNREADABLE
  }
}

/** One value's copying, with what is left of its limits. */
class Cleaning {
  #left: number
  #values = VALUES_MAX
  readonly #inside: object[] = []

  constructor(stringLength: number) {
    this.#left = stringLength
  }

  value(value: unknown): AttributeValue | undefined {
    this.#values--
    switch (typeof value) {
      case 'string':
        return this.#string(value)
      case 'number':
      case 'boolean':
        return value
      case 'bigint':
        return value >= INT64_MIN && value <= INT64_MAX ? value : this.#string(String(value))
      case 'object':
        return value === null ? null : this.#object(value)
      default:
        return undefined
    }
  }

  #string(text: string): string {
    const kept = cut(text, this.#left)
    this.#left -= kept.length
    return kept
  }

  #object(value: object): AttributeValue | undefined {
    if (value instanceof Uint8Array) return this.#bytes(value)
    if (value instanceof Error) return this.#string(`${value.name}: ${value.message}`)
    if (this.#inside.includes(value)) return '[circular]'
    if (this.#inside.length >= NESTING_MAX) return '[nested too deep]'
    this.#inside.push(value)
    try {
      if (Array.isArray(value)) return this.#array(value)
      if (value instanceof Map || value instanceof Set) return this.#array([...value])
      if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
        return this.value((value as { toJSON(): unknown }).toJSON())
      return this.#map(value as Record<string, unknown>)
    } finally {
      this.#inside.pop()
    }
  }

  #bytes(bytes: Uint8Array): Uint8Array {
    const kept = Uint8Array.from(bytes.subarray(0, this.#left))
    this.#left -= kept.length
    return kept
  }

  /** What is no value in it becomes null: positions mean something. */
  #array(list: readonly unknown[]): AttributeValue[] {
    const kept: AttributeValue[] = []
    for (let i = 0; i < list.length && this.#values > 0; i++)
      kept.push(this.#member(list as unknown as Record<number, unknown>, i) ?? null)
    return kept
  }

  #map(object: Record<string, unknown>): { [key: string]: AttributeValue } {
    const kept = Object.create(null) as { [key: string]: AttributeValue }
    for (const key of Object.keys(object)) {
      if (this.#values <= 0) break
      if (key.length > KEY_LENGTH_MAX) continue
      const value = this.#member(object, key)
      if (value !== undefined) kept[key] = value
    }
    return kept
  }

  #member(of: Record<string | number, unknown>, key: string | number): AttributeValue | undefined {
    try {
      return this.value(of[key])
    } catch {
      return UNREADABLE
    }
  }
}
