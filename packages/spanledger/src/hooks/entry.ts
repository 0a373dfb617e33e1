import type { Attributes } from '@spanledger/sdk/model'

/** One run of a hook, as it stands in its file. */
export interface Entry {
  agent: string
  hook: string
  payload: Attributes
  /** The payload ends before its end: at a limit, on a full disk, or because the hook was killed. */
  cut: boolean
}

const HEADER = /^hook 1 ([a-z0-9-]+) ([A-Za-z.]+)\n/
const TRAILER = '\nend\n'

/** Whether whoever wrote it was done. */
export const isWhole = (text: string): boolean => text.endsWith(TRAILER)

/** Undefined when it is no hook's. */
export function parseEntry(text: string): Entry | undefined {
  const [header = '', agent, hook] = HEADER.exec(text) ?? []
  if (agent === undefined || hook === undefined) return undefined
  const whole = isWhole(text)
  const body = text.slice(header.length, whole ? -TRAILER.length : undefined)
  const payload = objectIn(body)
  const kept = payload ?? beforeCut(body)
  return kept && { agent, hook, payload: kept, cut: payload === undefined }
}

function objectIn(body: string): Attributes | undefined {
  try {
    const parsed: unknown = JSON.parse(body)
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Attributes)
      : undefined
  } catch {
    return undefined
  }
}

const KEY = /[\s,]*"(\w+)"\s*:\s*/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const OTHER = /(?:-?\d[\d.eE+-]*|true|false|null)(?=\s*[,}])/y

/** Of a payload that is cut: what stands whole before the cut. Large things, a tool's answer say, come late in all agents' payloads. */
function beforeCut(body: string): Attributes | undefined {
  const found: Attributes = {}
  let at = body.indexOf('{') + 1
  while (at > 0) {
    KEY.lastIndex = at
    const key = KEY.exec(body)?.[1]
    const end = key === undefined ? undefined : endOfValue(body, KEY.lastIndex)
    const value = end === undefined ? undefined : objectIn(`{"value":${body.slice(KEY.lastIndex, end)}}`)
    if (key === undefined || end === undefined || value === undefined) break
    found[key] = value['value']!
    at = end
  }
  return Object.keys(found).length === 0 ? undefined : found
}

/** Where the JSON value that begins here ends; undefined when it does not. */
function endOfValue(body: string, start: number): number | undefined {
  let depth = 0
  for (let at = start; at < body.length;) {
    const char = body[at]!
    if (char === '"' || depth === 0) {
      const token = char === '"' ? STRING : OTHER
      token.lastIndex = at
      if (token.test(body)) at = token.lastIndex
      else if (char !== '{' && char !== '[') return undefined
    }
    if (char === '{' || char === '[') depth++
    if (char === '}' || char === ']') depth--
    if (char !== '"' && depth > 0) at++
    if (depth === 0) return char === '}' || char === ']' ? at + 1 : at
  }
  return undefined
}
