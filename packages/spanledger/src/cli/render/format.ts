/** `250 µs`, `240 ms`, `1.2 s`, `2m 05s`, `1h 02m`, `3d 04h`. */
export function formatDuration(ms: number): string {
  if (ms <= 0) return '0 ms'
  if (ms < 1) return `${Math.max(1, Math.round(ms * 1000))} µs`
  if (ms < 9.95) return `${round(ms, 1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 1440) return `${Math.floor(minutes / 60)}h ${two(minutes % 60)}m`
  const hours = Math.round(minutes / 60)
  return `${Math.floor(hours / 24)}d ${two(hours % 24)}h`
}

/** `$0.12`; below a cent with enough digits to tell it from nothing. */
export function formatMoney(usd: number | null): string {
  if (usd === null) return '-'
  if (usd === 0) return '$0.00'
  if (usd >= 0.01) return `$${usd.toFixed(2)}`
  return usd < 0.0001 ? '<$0.0001' : `$${usd.toFixed(4)}`
}

/** `940`, `12.4k`, `1.2M`, `3.0G`: tokens, spans, points. */
export function formatCount(count: number): string {
  if (count < 1000) return String(count)
  if (count < 999_950) return `${(count / 1e3).toFixed(1)}k`
  if (count < 999_950_000) return `${(count / 1e6).toFixed(1)}M`
  return `${(count / 1e9).toFixed(1)}G`
}

/** `1,234,567`, for where the exact figure matters. */
export const formatInteger = (count: number): string => String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',')

/** `940 B`, `12.4 kB`, `486.4 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value.toFixed(1)} ${units[unit]}`
}

/** A metric's value: at most six significant digits. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return formatSigned(value)
  return String(Number(value.toPrecision(6)))
}

const formatSigned = (value: number): string => (value < 0 ? '-' : '') + formatInteger(Math.abs(value))

/** Local time: `14:03:22` today, `Nov 20 14:03` this year, `2025-11-20 14:03` before. */
export function formatWhen(iso: string, nowMs: number): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const now = new Date(nowMs)
  if (at.toDateString() === now.toDateString())
    return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
  const time = `${two(at.getHours())}:${two(at.getMinutes())}`
  if (at.getFullYear() === now.getFullYear()) return `${MONTHS[at.getMonth()]} ${two(at.getDate())} ${time}`
  return `${dateOf(at)} ${time}`
}

/** Local date and time to the second. */
export function formatDateTime(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  return `${dateOf(at)} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`
}

/** Local time to the millisecond. */
export function formatClock(iso: string): string {
  const at = new Date(iso)
  if (Number.isNaN(at.getTime())) return iso
  const ms = String(at.getMilliseconds()).padStart(3, '0')
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${ms}`
}

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${formatInteger(count)} ${count === 1 ? one : many}`

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (value: number): string => String(value).padStart(2, '0')
const dateOf = (at: Date): string => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
const round = (value: number, digits: number): number => Number(value.toFixed(digits))
