import { TEXT_LENGTH_MAX } from './limits.ts'

/** A name, or whatever else should be text, as it was handed in, cut at TEXT_LENGTH_MAX; empty when it is none. */
export const textOf = (value: unknown): string =>
  typeof value !== 'string' ? '' : value.length <= TEXT_LENGTH_MAX ? value : cut(value, TEXT_LENGTH_MAX)

/** At most `length` UTF-16 units, never half of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text
  const last = text.charCodeAt(length - 1)
  return text.slice(0, last >= 0xd800 && last < 0xdc00 ? length - 1 : length)
}
