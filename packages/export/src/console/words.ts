import type { AttributeList, AttributeValue } from '@spanledger/sdk/record'

const VALUE_CHARS_MAX = 200

/** One value in one line of a terminal: short, and without anything that a terminal obeys. */
export function word(value: AttributeValue): string {
  const text = typeof value === 'string' ? value : JSON.stringify(plain(value))
  const cut = text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX)}...` : text
  // oxlint-disable-next-line no-control-regex -- these are what is taken out
  return cut.replaceAll(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069]/g, ' ')
}

export function attributeWords(attributes: AttributeList): string {
  let words = ''
  for (let i = 0; i < attributes.length; i += 2)
    words += ` ${word(attributes[i]!)}=${word(attributes[i + 1]!)}`
  return words
}

/** HH:MM:SS.mmm, UTC. */
export function clockTime(seconds: number, nanos: number): string {
  return new Date(seconds * 1000 + Math.floor(nanos / 1e6)).toISOString().slice(11, 23)
}

export function duration(seconds: number, nanos: number): string {
  const ms = seconds * 1000 + nanos / 1e6
  if (ms >= 60_000) return `${(ms / 60_000).toFixed(1)} min`
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(2)} s`
  return ms >= 1 ? `${ms.toFixed(1)} ms` : `${(ms * 1_000).toFixed(0)} us`
}

/** What JSON cannot hold, as text. */
function plain(value: AttributeValue): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, plain(item as AttributeValue)]),
    )
  return value
}
