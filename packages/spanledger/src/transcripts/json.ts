/** A line of a transcript: written by a program that is not ours, so anything may stand anywhere. */
export type Line = Readonly<Record<string, unknown>>

const NOTHING: Line = Object.freeze({})

/** The object, or one without anything in it. */
export const object = (value: unknown): Line =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Line) : NOTHING

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

/** Undefined for what is no text, and for empty text. */
export const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined

export const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** Milliseconds since 1970 of a time as ISO 8601. */
export function timeAt(value: unknown): number | undefined {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isFinite(at) ? at : undefined
}

/** Without what is undefined: such fields are absent in events. */
export function told<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  for (const name of Object.keys(fields) as (keyof T)[]) if (fields[name] === undefined) delete fields[name]
  return fields as T
}
