import { describe, expect, it } from 'vitest'
import { isoNano, parseDuration, parseTime } from './times.ts'

const NOW = Date.UTC(2026, 10, 21, 14, 30)
const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n

describe('a duration', () => {
  it.each([
    ['250us', 250_000],
    ['250µs', 250_000],
    ['20ms', 20_000_000],
    ['1.5s', 1_500_000_000],
    ['2m', 120e9],
    ['1h', 3600e9],
    ['2w', 1_209_600e9],
  ])('%s', (text, expected) => expect(parseDuration(text)).toBe(expected))

  it.each(['', '5', '-1s', '1 s', 's', '1.s', '1e3s', '1y'])('refuses "%s"', (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  )
})

describe('a time', () => {
  it('is so long ago', () => expect(parseTime('2h', NOW)).toBe(nanos(NOW - 7_200_000)))

  it('keeps all nine digits of a fraction', () => {
    expect(parseTime('2026-11-21T12:00:00.123456789Z', NOW)).toBe(
      nanos(Date.UTC(2026, 10, 21, 12)) + 123_456_789n,
    )
  })

  it('takes an offset', () =>
    expect(parseTime('2026-11-21T12:00+02:00', NOW)).toBe(nanos(Date.UTC(2026, 10, 21, 10))))

  it('takes a date, and a time without an offset, as local', () => {
    expect(parseTime('2026-11-20', NOW)).toBe(nanos(new Date(2026, 10, 20).getTime()))
    expect(parseTime('2026-11-20 09:30', NOW)).toBe(nanos(new Date(2026, 10, 20, 9, 30).getTime()))
  })

  it('knows today and yesterday by the local midnight', () => {
    const midnight = new Date(NOW)
    midnight.setHours(0, 0, 0, 0)
    expect(parseTime('today', NOW)).toBe(nanos(midnight.getTime()))
    midnight.setDate(midnight.getDate() - 1)
    expect(parseTime('Yesterday', NOW)).toBe(nanos(midnight.getTime()))
  })

  it.each(['', 'noon', '2026-02-31', '2026-13-01', '2026-11-21T25:00', '21.11.2026', '1763693000'])(
    'refuses "%s"',
    (text) => expect(parseTime(text, NOW)).toBeUndefined(),
  )

  it('is written exactly, and as nanoseconds when no calendar holds it', () => {
    expect(isoNano('1795262400123456789')).toBe('2026-11-21T12:00:00.123456789Z')
    expect(isoNano('0')).toBe('1970-01-01T00:00:00.000000000Z')
    expect(isoNano(-5n)).toBe('1969-12-31T23:59:59.999999995Z')
    expect(isoNano(253_402_300_800_000_000_000n)).toBe('253402300800000000000ns')
  })
})
