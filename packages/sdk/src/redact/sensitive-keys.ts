/**
 * Attribute names whose values are secrets, as the words they end in: `http.request.header.x-api-key`, `clientSecret`
 * and `DB_PASSWORD` all do. Counts (`max_tokens`, `token.type`, `password_length`) end in something else.
 */
const ENDINGS: readonly string[] = [
  'authorization',
  'cookie',
  'cookies',
  'password',
  'passwords',
  'passwd',
  'passphrase',
  'pwd',
  'secret',
  'secrets',
  'api key',
  'api keys',
  'apikey',
  'access key',
  'account key',
  'private key',
  'secret key',
  'signing key',
  'encryption key',
  'secret key base',
  'token',
  'credential',
  'credentials',
  'connection string',
]

/** Words in front of "token" that make it a place in a list or a text. */
const POSITIONS = new Set(
  'page next continuation cancel cancellation sync start end stop eos bos pad unk mask sep cls per last first'.split(
    ' ',
  ),
)

/** `http.request.header.X-Api-Key` -> http, request, header, x, api, key; camelCase counts as words too. */
export const wordsOf = (key: string): string[] =>
  key
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')

/** @param more Names of the user's own, compared the same way. */
export function createSensitiveKeys(more: readonly string[]): (key: string) => boolean {
  const endings = [...ENDINGS, ...more.map((key) => wordsOf(key).join(' ')).filter((ending) => ending !== '')]
  return (key) => {
    const words = wordsOf(key)
    const last = words.at(-1)
    if (last === undefined) return false
    if (last === 'token' && POSITIONS.has(words.at(-2) ?? '')) return false
    // A working directory: the shell's $PWD.
    if (/(?:^|[^A-Za-z])(?:OLD)?PWD$/.test(key) && words.length === 1) return false
    const spaced = ` ${words.join(' ')}`
    return endings.some((ending) => spaced.endsWith(` ${ending}`))
  }
}
