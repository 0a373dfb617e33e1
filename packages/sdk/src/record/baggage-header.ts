import { Baggage } from './baggage.ts'
import type { BaggageEntry, BaggageLike } from './baggage.ts'

/** What a header may have; what is beyond is left out. Source: https://www.w3.org/TR/baggage/#limits */
const ENTRIES_MAX = 180
const LENGTH_MAX = 8_192

/** RFC 7230's token. */
const KEY = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** What may stand in a value or in properties as it is. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/
const PROPERTIES = /^[\x20-\x2b\x2d-\x7e\t]*$/

/** Members that are not valid are left out; undefined when none is valid. */
export function parseBaggage(text: string): Baggage | undefined {
  // As of most requests.
  if (text === '') return undefined
  const entries: [string, BaggageEntry][] = []
  for (const member of text
    .slice(0, LENGTH_MAX + 1)
    .split(',')
    .slice(0, ENTRIES_MAX)) {
    const [pair = '', ...properties] = member.split(';')
    const equals = pair.indexOf('=')
    const key = pair.slice(0, equals).trim()
    const value = decoded(pair.slice(equals + 1).trim())
    if (equals < 1 || !KEY.test(key) || value === undefined) continue
    const metadata = properties.join(';').trim()
    entries.push([key, metadata === '' ? { value } : { value, metadata: metadataOf(metadata) }])
  }
  // A member that the limit cut in two is none.
  if (text.length > LENGTH_MAX) entries.pop()
  return entries.length === 0 ? undefined : new Baggage(entries)
}

/** Empty when there is nothing to tell. */
export function formatBaggage(baggage: BaggageLike): string {
  let text = ''
  for (const [key, { value, metadata }] of baggage.getAllEntries().slice(0, ENTRIES_MAX)) {
    if (!KEY.test(key)) continue
    const properties = metadata === undefined ? '' : String(metadata)
    const member = `${key}=${encoded(value)}${properties !== '' && PROPERTIES.test(properties) ? `;${properties}` : ''}`
    if (text.length + 1 + member.length > LENGTH_MAX) continue
    text += `${text && ','}${member}`
  }
  return text
}

/** The symbol by which OpenTelemetry's API knows its own. */
const METADATA_TYPE = Symbol.for('BaggageEntryMetadata')

function metadataOf(text: string): { toString(): string } {
  return { __TYPE__: METADATA_TYPE, toString: () => text } as { toString(): string }
}

/** Percent signs are decoded where they encode something. */
function decoded(text: string): string | undefined {
  if (!VALUE.test(text)) return undefined
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function encoded(value: string): string {
  return encodeURIComponent(String(value).toWellFormed())
}
