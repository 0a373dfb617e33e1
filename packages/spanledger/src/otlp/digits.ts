/** Decimal digits into bytes, three at a time from a table: no string and no BigInt is made. Each returns where it ended. */

const DIGITS = new Uint8Array(3000)
for (let n = 0; n < 1000; n++) DIGITS.set(Buffer.from(String(n).padStart(3, '0'), 'latin1'), n * 3)

/** All digits of a whole number below 2^53 without leading zeros; returns where they end. */
export function digits(bytes: Uint8Array, at: number, value: number): number {
  if (value >= 1e9) {
    const upper = Math.floor(value / 1e9)
    return nine(bytes, digits(bytes, at, upper), value - upper * 1e9)
  }
  if (value < 1000) return leading(bytes, at, value)
  if (value < 1e6) {
    const upper = (value / 1000) | 0
    return three(bytes, leading(bytes, at, upper), value - upper * 1000)
  }
  const upper = (value / 1e6) | 0
  const rest = value - upper * 1e6
  const middle = (rest / 1000) | 0
  return three(bytes, three(bytes, leading(bytes, at, upper), middle), rest - middle * 1000)
}

/** Exactly nine digits of a number below 10^9. */
export function nine(bytes: Uint8Array, at: number, value: number): number {
  const upper = (value / 1e6) | 0
  const rest = value - upper * 1e6
  const middle = (rest / 1000) | 0
  return three(bytes, three(bytes, three(bytes, at, upper), middle), rest - middle * 1000)
}

/** Exactly three digits of a number below 1000. */
export function three(bytes: Uint8Array, at: number, value: number): number {
  const from = value * 3
  bytes[at] = DIGITS[from]!
  bytes[at + 1] = DIGITS[from + 1]!
  bytes[at + 2] = DIGITS[from + 2]!
  return at + 3
}

/** Below 1000, without leading zeros. */
function leading(bytes: Uint8Array, at: number, value: number): number {
  const from = value * 3
  if (value >= 100) bytes[at++] = DIGITS[from]!
  if (value >= 10) bytes[at++] = DIGITS[from + 1]!
  bytes[at++] = DIGITS[from + 2]!
  return at
}
