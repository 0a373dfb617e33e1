import type { Condition, Step } from './pattern.ts'

export type Test<T> = (given: T) => boolean

/** Whole text against a pattern in which * stands for anything; takes no longer than pattern times text. */
export function globbed(pattern: string): Test<string> {
  const [first = '', ...others] = pattern.split('*')
  if (others.length === 0) return (text) => text === pattern
  const last = others.pop()!
  return (text) => {
    if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last))
      return false
    let at = first.length
    for (const part of others) {
      const found = text.indexOf(part, at)
      if (found < 0) return false
      at = found + part.length
    }
    return at <= text.length - last.length
  }
}

/** What stands at the end of a path of own fields; undefined where there is nothing. */
export function valueAt(data: unknown, path: readonly string[]): unknown {
  let value = data
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    value = (value as Record<string, unknown>)[name]
  }
  return value
}

/** All conditions of a step, on an event's data. */
export function tested({ conditions }: Step): Test<unknown> {
  const tests = conditions.map(conditionTest)
  return (data) => tests.every((test) => test(data))
}

/**
 * Numbers compare as numbers, text as text. A value without quotes stands for the number or word it looks like: `5` is 5 and "5",
 * `true` is true and "true", `null` is a field that is null or absent. `!=` holds wherever `=` does not, also where there is no
 * such field; the others do not hold there.
 */
function conditionTest({ path, operator, value }: Condition): Test<unknown> {
  const equal: Test<unknown> = (given) =>
    given === value.text ||
    (!value.quoted &&
      (value.text === 'null'
        ? given === undefined || given === null
        : isPlain(given) && same(given, value.text)))
  const glob = globbed(value.text)
  const test: Test<unknown> =
    operator === '='
      ? equal
      : operator === '!='
        ? (given) => !equal(given)
        : operator === '~'
          ? (given) => isScalar(given) && glob(String(given))
          : ordered(operator, value)
  return (data) => test(valueAt(data, path))
}

const isPlain = (given: unknown): given is number | boolean =>
  typeof given === 'number' || typeof given === 'boolean'

const isScalar = (given: unknown): given is string | number | boolean =>
  typeof given === 'string' || isPlain(given)

const same = (given: number | boolean, text: string): boolean =>
  typeof given === 'number' ? text.trim() !== '' && given === Number(text) : String(given) === text

function ordered(operator: '>' | '>=' | '<' | '<=', { text, quoted }: Condition['value']): Test<unknown> {
  const number = quoted || Number.isNaN(Number(text)) ? undefined : Number(text)
  const holds = <T extends string | number>(a: T, b: T): boolean =>
    operator === '>' ? a > b : operator === '>=' ? a >= b : operator === '<' ? a < b : a <= b
  return (given) => {
    if (typeof given === 'number') return number !== undefined && holds(given, number)
    return typeof given === 'string' && number === undefined && holds(given, text)
  }
}

/** An event's key as text that keeps apart 1 and "1"; undefined for what is no key. */
export function keyOf(value: unknown): string | undefined {
  return isScalar(value) ? JSON.stringify(value) : undefined
}
