/**
 * What is asked of `events query`:
 *
 *     SessionToolUsed[outcome = failed, name ~ "mcp*"] followed by SessionPromptSubmitted not followed by Session*Failed
 */
export interface Step {
  /** An event's type; * stands for anything. */
  type: string
  conditions: Condition[]
  /** True behind `not followed by`. */
  not: boolean
}

const OPERATORS = ['>=', '<=', '!=', '=', '>', '<', '~'] as const

export interface Condition {
  /** Names down into the event's data. */
  path: string[]
  operator: (typeof OPERATORS)[number]
  value: Value
}

/** `quoted`: text, whatever it looks like. */
interface Value {
  text: string
  quoted: boolean
}

/** Steps are bits of one number. */
export const STEPS_MAX = 16

/** `at`: where in the question, from 0. */
export class PatternError extends Error {
  readonly at: number
  constructor(at: number, message: string) {
    super(message)
    this.at = at
  }
}

const TYPE = /[\w.*-]+/y
const NAME = /[^\s[\]=!<>~,"']+/y
const BARE = /[^\s\],"']+/y
const QUOTED = /"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'/y
const LINK = /(not\s+)?followed\s+by(?![\w*])/iy

/**
 * Errors  PatternError, at the place where the question stops making sense
 */
export function parsePattern(text: string): Step[] {
  let at = 0
  const space = (): void => {
    while (/\s/.test(text[at] ?? '')) at++
  }
  const take = (pattern: RegExp): RegExpExecArray | undefined => {
    space()
    pattern.lastIndex = at
    const match = pattern.exec(text) ?? undefined
    if (match) at = pattern.lastIndex
    return match
  }
  const fail = (expected: string): never => {
    space()
    throw new PatternError(
      at,
      `expected ${expected}${at < text.length ? '' : ', but the question ends here'}`,
    )
  }
  const one = (mark: string): boolean => {
    space()
    if (!text.startsWith(mark, at)) return false
    at += mark.length
    return true
  }

  const wordAhead = (): boolean => {
    space()
    return /^(not|followed)(?![\w.*-])/i.test(text.slice(at, at + 9))
  }

  const value = (): Value => {
    const quoted = take(QUOTED)
    if (quoted) return { text: (quoted[1] ?? quoted[2] ?? '').replaceAll(/\\(.)/g, '$1'), quoted: true }
    const bare = take(BARE) ?? fail('a value, such as failed, 5 or "two words"')
    return { text: bare[0], quoted: false }
  }
  const condition = (): Condition => {
    const [name] = take(NAME) ?? fail('a field of the event, such as outcome')
    const operator = OPERATORS.find(one) ?? fail(`one of ${OPERATORS.join(' ')}`)
    return { path: pathOf(name), operator, value: value() }
  }
  const step = (not: boolean): Step => {
    // A word of the language where a type should stand is a slip, not a type of that name.
    const [type] =
      (wordAhead() ? undefined : take(TYPE)) ?? fail("an event's type, such as SessionToolUsed or Session*")
    const conditions: Condition[] = []
    if (one('[') && !one(']')) {
      do conditions.push(condition())
      while (one(','))
      if (!one(']')) fail('a comma or ]')
    }
    return { type, conditions, not }
  }

  const steps = [step(false)]
  for (space(); at < text.length; space()) {
    const link = take(LINK) ?? fail('"followed by", "not followed by" or the end')
    if (steps.length === STEPS_MAX)
      throw new PatternError(link.index, `at most ${STEPS_MAX} steps may be asked for`)
    steps.push(step(link[1] !== undefined))
  }
  return steps
}

/** `data.tokens.input` and `tokens.input` are the same. */
export const pathOf = (name: string): string[] => name.replace(/^data\.(?=.)/, '').split('.')
