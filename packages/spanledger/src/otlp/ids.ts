export const TRACE_ID_BYTES = 16
export const SPAN_ID_BYTES = 8

/** All bytes zero: not a valid id. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== 0) return false
  return true
}
