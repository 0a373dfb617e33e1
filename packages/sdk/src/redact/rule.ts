/**
 * One kind of secret inside text.
 *
 * triggers  Literals, compared without regard to case; every match of `regex` contains at least one of them, so text
 *           without any is never looked at twice. At least three bytes each, or the one byte `@`.
 * regex     Global. Must run in linear time: no unbounded repetition in front of its first literal.
 * replace   What to put for a match, or undefined to leave it; `[redacted:<name>]` for the whole match when absent.
 */
export interface Rule {
  name: string
  triggers: readonly string[]
  regex: RegExp
  replace?: (match: RegExpExecArray, mark: string) => string | undefined
  /** After a match that was left: how many characters of it to pass over. All of it when absent. */
  retryAfter?: (match: RegExpExecArray) => number
}

/** What stands where a secret stood. */
export const markOf = (rule: string): string => `[redacted:${rule}]`

/** A place somebody else masked, or a template still to be filled in: nothing to hide. */
export function isPlaceholder(value: string): boolean {
  return /^(?:[*xX.…•-]+|<[^<>]*>|\$\{?[A-Za-z_(].*|%[A-Za-z_]\w*%|\{\{.*|\{[A-Za-z_]\w*\}|\[redacted:.*|\[?REDACTED\]?|\[sha256:.*|(?:your|my|example|dummy|placeholder|changeme|some)[-_.].*|null|none|nil|undefined|true|false)$/i.test(
    value,
  )
}

const letter = /[A-Za-z]/
const digit = /\d/

/** Looks made by a machine: letters and digits mixed, or too long and varied for a word. */
export function looksRandom(value: string, length: number): boolean {
  if (value.length < length || !letter.test(value)) return false
  if (digit.test(value)) return true
  return value.length >= 20 && /[a-z]/.test(value) && /[A-Z]/.test(value)
}
