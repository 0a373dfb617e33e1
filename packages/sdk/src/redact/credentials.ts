import { Buffer } from 'node:buffer'
import { isPlaceholder, looksRandom, type Rule } from './rule.ts'

/** `Authorization: <scheme> <credentials>` in a header, a JSON object or a command: everything but the scheme goes. */
export const authorization: Rule = {
  name: 'authorization',
  triggers: ['authorization'],
  regex:
    /(\b(?:proxy-)?authorization\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?)((?:bearer|basic|token|digest|negotiate|apikey|key|bot)\s{1,4})?([^\s"'`\\,;<>]{4,})/gi,
  replace: (match, mark) => {
    const [, head = '', scheme = '', value = ''] = match
    if (isPlaceholder(value)) return undefined
    // Without a scheme it may be prose ("authorization: required") or code.
    if (scheme === '' && !looksRandom(value, 12)) return undefined
    return head + scheme + mark
  },
}

/** `Bearer <token>` and `Basic <base64 of user:password>` anywhere; both are also English words. */
export function basicOf(scheme: 'Bearer' | 'Basic'): Rule {
  return {
    name: scheme.toLowerCase(),
    triggers: [`${scheme} `],
    regex: new RegExp(`(\\b${scheme} {1,4})([A-Za-z0-9._~+/=-]{8,})`, 'gi'),
    replace: (match, mark) => {
      const [, head = '', value = ''] = match
      const secret =
        scheme === 'Basic' ? isUserAndPassword(value) : looksRandom(value, 16) && !isPlaceholder(value)
      return secret ? head + mark : undefined
    },
  }
}

function isUserAndPassword(base64: string): boolean {
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(base64)) return false
  return /^[\x20-\x7e]*:[\x20-\x7e]*$/.test(Buffer.from(base64, 'base64').toString('latin1'))
}
