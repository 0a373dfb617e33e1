import { Buffer } from 'node:buffer'
import type { Redactor } from '@spanledger/sdk/redact'

/** One line of JSON without its secrets, and how many there were; still JSON where it was. */
export function redactLine(line: Buffer, redactor: Redactor): { line: Buffer; count: number } {
  const redacted = redactor.redactBytes(line, 0, line.length)
  if (redacted === undefined) return { line, count: 0 }
  const [before, after] = [parsed(line.toString('utf8')), parsed(redacted.text)]
  // A rule that took an escaped quote along has broken the line: then text by text.
  if (before === undefined || after !== undefined)
    return { line: Buffer.from(redacted.text), count: redacted.count }
  let count = 0
  const text = JSON.stringify(before, (_key, value: unknown) => {
    if (typeof value !== 'string') return value
    const found = redactor.redact(value)
    count += found.count
    return found.text
  })
  return { line: Buffer.from(text), count }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
