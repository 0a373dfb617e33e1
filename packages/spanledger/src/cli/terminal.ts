import type { Colors } from 'picocolors/types.js'

/** Where human answers are drawn: how wide, in which colours, and what time it is there. */
export interface Terminal {
  columns: number
  colors: Colors
  nowMs: number
}

const COLUMNS_DEFAULT = 100
const COLUMNS_MIN = 48
const COLUMNS_MAX = 400

/** A terminal can say 0 columns (some do while they start), or thousands. */
export const usableColumns = (columns: number | undefined): number =>
  columns === undefined || !(columns > 0)
    ? COLUMNS_DEFAULT
    : Math.min(COLUMNS_MAX, Math.max(COLUMNS_MIN, columns))
