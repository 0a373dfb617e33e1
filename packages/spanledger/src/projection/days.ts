export const DAY_MS = 86_400_000
/** Beyond it no calendar goes. */
const CALENDAR_DAYS_MAX = 1e8

/** Days since 1970, in UTC. */
export const dayNumber = (atMs: number): number => Math.floor(atMs / DAY_MS)

/** `2026-11-21`. */
export const dayOf = (day: number): string =>
  Math.abs(day) <= CALENDAR_DAYS_MAX ? new Date(day * DAY_MS).toISOString().replace(/T.*/, '') : 'unknown'
