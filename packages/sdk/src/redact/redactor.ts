import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { DEFAULT_REDACTION, RedactionConfigError, type RedactionConfig } from './config.ts'
import { contentOfBody, contentOfKey, type ContentClass } from './content.ts'
import { createPrefilter, type Prefilter } from './prefilter.ts'
import { markOf, type Rule } from './rule.ts'
import { RULES } from './rules.ts'
import { createSensitiveKeys, wordsOf } from './sensitive-keys.ts'

/**
 * What becomes of a whole value because of its name.
 *
 * scan      its strings are searched for secrets
 * replace   the value goes and `mark` stands there; empty values and booleans stay, they tell nothing
 * hash      the first 16 hex digits of the SHA-256 of the text stand there (of its ledger JSON when it is no string)
 */
export type Policy = { action: 'scan' } | { action: 'replace'; mark: string } | { action: 'hash' }

interface Redacted {
  text: string
  /** Places replaced; 0 when text is as it was. */
  count: number
}

export interface Redactor {
  /** Which strings need a closer look. */
  prefilter: Prefilter
  /** Every string needs it (patterns of the user's), none does (switched off), or those the prefilter finds. */
  scans: 'all' | 'none' | 'found'
  /** Whether `redact` may find something in text: false is certain, and takes no copy to find out. */
  mayHold(text: string): boolean
  /** Replaces secrets in text. */
  redact(text: string): Redacted
  /**
   * The same for UTF-8 bytes[start, end); undefined when nothing was replaced.
   *
   * found  What the prefilter said of them, when it was asked before.
   */
  redactBytes(bytes: Uint8Array, start: number, end: number, found?: number): Redacted | undefined
  /** By attribute or map key. */
  policyOfKey(key: string): Policy
  /** By event name, for bodies of log records. */
  policyOfBody(eventName: string): Policy
  /** False when no event name has a policy: nobody needs to look for it. */
  readsBodies: boolean
  /** A command-line option whose next argument is a secret: `--password`. */
  isSecretOption(argument: string): boolean
}

const SCAN: Policy = { action: 'scan' }
const SENSITIVE: Policy = { action: 'replace', mark: markOf('sensitive-key') }
const EMAIL: Policy = { action: 'replace', mark: markOf('email') }

/**
 * Errors  RedactionConfigError for a pattern that is no regular expression or has no usable name
 * Source  docs/reference/redaction.md
 */
export function createRedactor(config: Partial<RedactionConfig> = {}): Redactor {
  const {
    enabled = DEFAULT_REDACTION.enabled,
    patterns = DEFAULT_REDACTION.patterns,
    keys = DEFAULT_REDACTION.keys,
    allow = DEFAULT_REDACTION.allow,
    content = DEFAULT_REDACTION.content,
  } = config
  const allowed = new Set(allow)
  const builtIn = enabled ? RULES.filter((rule) => !allowed.has(rule.name)) : []
  const own = enabled ? patterns.map(toRule).filter((rule) => !allowed.has(rule.name)) : []
  const prefilter = createPrefilter(builtIn)
  const isSensitive = createSensitiveKeys(keys)
  const scans = own.length > 0 ? 'all' : builtIn.length > 0 ? 'found' : 'none'

  const redactFound = (text: string, found: number): Redacted => {
    const result: Redacted = { text, count: 0 }
    builtIn.forEach((rule, index) => {
      if ((found & (1 << index)) !== 0) apply(rule, result, allowed)
    })
    for (const rule of own) apply(rule, result, allowed)
    return result
  }

  const byContent = (classOf: ContentClass | undefined): Policy => {
    const rule = classOf === undefined ? 'keep' : (content[classOf] ?? 'keep')
    if (rule === 'keep') return SCAN
    return rule === 'hash' ? { action: 'hash' } : { action: 'replace', mark: markOf(classOf!) }
  }

  return {
    prefilter,
    scans,
    mayHold: (text) => scans !== 'none' && (scans === 'all' || prefilter.mayMatch(text)),
    redact(text) {
      if (scans === 'none') return { text, count: 0 }
      const bytes = Buffer.from(text, 'utf8')
      return redactFound(text, prefilter.rulesIn(bytes, 0, bytes.length))
    },
    redactBytes(bytes, start, end, found = prefilter.rulesIn(bytes, start, end)) {
      if (found === 0 && own.length === 0) return undefined
      const result = redactFound(
        Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8'),
        found,
      )
      return result.count === 0 ? undefined : result
    },
    policyOfKey(key) {
      if (!enabled || allowed.has(key)) return SCAN
      if (isSensitive(key)) return SENSITIVE
      if (!allowed.has('email') && wordsOf(key).join(' ').endsWith('user email')) return EMAIL
      return byContent(contentOfKey(key))
    },
    policyOfBody: (eventName) => (enabled ? byContent(contentOfBody(eventName)) : SCAN),
    readsBodies: enabled && Object.values(content).some((rule) => rule !== undefined && rule !== 'keep'),
    isSecretOption: (argument) =>
      enabled && !allowed.has(argument) && /^--?[A-Za-z][\w-]*$/.test(argument) && isSensitive(argument),
  }
}

/** What stands for content that is hashed: `printf %s "$text" | sha256sum` finds it again. */
export const hashOf = (content: string | Uint8Array): string =>
  `[sha256:${createHash('sha256').update(content).digest('hex').slice(0, 16)}]`

/** What was hashed before is not hashed again: a record may come through two redactors. */
export const isHash = (text: string): boolean => /^\[sha256:[0-9a-f]{16}\]$/.test(text)

function apply(rule: Rule, result: Redacted, allowed: ReadonlySet<string>): void {
  const mark = markOf(rule.name)
  const { text } = result
  let out = ''
  let done = 0
  rule.regex.lastIndex = 0
  for (let match = rule.regex.exec(text); match !== null; match = rule.regex.exec(text)) {
    const whole = match[0]
    if (whole === '') {
      rule.regex.lastIndex++
      continue
    }
    const replaced = rule.replace === undefined ? mark : rule.replace(match, mark)
    if (replaced === undefined || allowed.has(removedFrom(whole, replaced, mark))) {
      // What was left alone may hold the name of the next assignment.
      rule.regex.lastIndex = match.index + Math.max(1, rule.retryAfter?.(match) ?? whole.length)
      continue
    }
    out += text.slice(done, match.index) + replaced
    done = match.index + whole.length
    result.count++
  }
  if (done > 0) result.text = out + text.slice(done)
}

/** The secret itself: what of the match the mark stands for. */
function removedFrom(whole: string, replaced: string, mark: string): string {
  const at = replaced.indexOf(mark)
  return whole.slice(at, whole.length - (replaced.length - at - mark.length))
}

function toRule({ name, regex, flags = '' }: RedactionConfig['patterns'][number], index: number): Rule {
  if (!/^[A-Za-z][\w.-]{0,63}$/.test(name)) {
    throw new RedactionConfigError(
      `patterns[${index}].name`,
      `"${name}" is not a name: use letters, digits, . _ - (at most 64)`,
    )
  }
  try {
    return { name, triggers: [], regex: new RegExp(regex, flags.includes('g') ? flags : `${flags}g`) }
  } catch (error) {
    throw new RedactionConfigError(
      `patterns[${index}].regex`,
      `pattern "${name}": ${(error as Error).message}`,
    )
  }
}
