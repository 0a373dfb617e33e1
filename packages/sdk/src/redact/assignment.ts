import { isPlaceholder, looksRandom, type Rule } from './rule.ts'

/**
 * `DB_PASSWORD=...`, `"api_key": "..."`, `\"token\": \"...\"`, `--token ...`: a name that ends in a word for a secret, and a
 * value. The name's front is not part of the match: matching it would be quadratic in a long run of letters.
 */
export const assignment: Rule = {
  name: 'assignment',
  triggers: [
    'passw',
    'passphrase',
    'pwd',
    'secret',
    'token',
    'apikey',
    'api_key',
    'api-key',
    'access_key',
    'accesskey',
    'access-key',
    'private_key',
    'privatekey',
    'private-key',
    'signing_key',
    'encryption_key',
    'credential',
    'connection_string',
    'connectionstring',
  ],
  regex:
    /(password|passwd|passphrase|pwd|secret(?:_key_base|_?key)?|token|api[_-]?key|access[_-]?key|private[_-]?key|signing_key|encryption_key|credentials?|connection_?string)(\\{0,3}["'`]?(?:\s{0,4}(?::=|=>|[:=])|(?<=(?:^|[\s"'])--?[\w-]{1,64})[ \t]{1,4})\s{0,4})(?:(["'`])((?:\\[^\n]|(?!\3)[^\\\n]){1,4096})|(\\{1,3}["'`])((?:(?!\5)[^\n]){1,4096})|([^\s"'`\\,;&|)}\]<>]{1,4096}))/gi,
  retryAfter: ([, name = '', assign = '']) => name.length + assign.length,
  replace: (match, mark) => {
    const [, name = '', assign = '', plainQuote, inPlain, escapedQuote, inEscaped, bare] = match
    const value = inPlain ?? inEscaped ?? bare ?? ''
    const quote = plainQuote ?? escapedQuote ?? ''
    const before = match.input.slice(Math.max(0, match.index - 16), match.index)
    if (isPosition(before, name) || isPlaceholder(value) || isCode(value)) return undefined
    const tight = quote !== '' || /^\\*["'`]?=$/.test(assign)
    return isSecret(name, value, tight) ? name + assign + quote + mark : undefined
  },
}

/** Names that end in "token" and hold a place in a list or a text, not a secret. */
const isPosition = (before: string, name: string): boolean =>
  /^token$/i.test(name) &&
  /(?:page|next|continuation|cancel|cancellation|sync|start|end|stop|eos|bos|pad|unk|mask|sep|cls|per|last|first)[_-]?$/i.test(
    before,
  )

/** An expression, a path, a type: what stands right of a name in code and configuration without being a secret. */
function isCode(value: string): boolean {
  if (
    /^(?:string|number|boolean|bool|object|str|int|text|required|optional|hidden|prompt|unknown|any|never|void)\b/i.test(
      value,
    )
  )
    return true
  if (
    /^[A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*[([]/.test(value) ||
    /^[a-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)+$/.test(value)
  )
    return true
  if (/^[A-Za-z_]*(?:password|passwd|secret|token|key)$/i.test(value) || /^[a-z]+(?:_[a-z]+)+$/.test(value))
    return true
  return /^(?:~|\.{1,2})?\/(?:[\w.-]+\/)*[\w.-]*$/.test(value) && (/[._-]/.test(value) || value.length < 32)
}

/** tight: `name=value` or a quoted value. Otherwise `name: value`, which prose and type annotations look like too. */
function isSecret(name: string, value: string, tight: boolean): boolean {
  const isPassword = /^(?:pass|pwd|secret|credential)/i.test(name)
  if (!tight)
    return isPassword
      ? value.length >= 6 && /[\d!@#$%^&*+=~?]/.test(value.slice(0, -1))
      : looksRandom(value, 12)
  return isPassword ? value.length >= 4 : looksRandom(value, 8) || value.length >= 24
}
