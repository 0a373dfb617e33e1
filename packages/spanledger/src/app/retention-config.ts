import type { RetentionRules } from '@spanledger/sdk/ledger'
import { SEGMENT_BYTES_MAX } from '@spanledger/sdk/ledger'
import * as v from 'valibot'

const HOUR_MS = 3_600_000
const AGES: Record<string, number> = { m: 60_000, h: HOUR_MS, d: 24 * HOUR_MS, w: 168 * HOUR_MS }
const SIZES: Record<string, number> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
}

/** A positive amount in one of the units; undefined when it is none. */
function amountOf(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?) ?([A-Za-z]+)$/.exec(text) ?? []
  const value = Number(digits) * (units[unit] ?? NaN)
  return value > 0 && Number.isSafeInteger(Math.round(value)) ? Math.round(value) : undefined
}

const amount = (what: string, units: Readonly<Record<string, number>>, examples: string) =>
  v.pipe(
    v.unknown(),
    v.check(
      (given) => typeof given === 'string' && amountOf(given, units) !== undefined,
      ({ input }) => `${JSON.stringify(input)} is no ${what}: ${examples}`,
    ),
    v.transform((given) => amountOf(given as string, units)!),
  )

/** A rule that hardly keeps anything is more likely a slip than meant. */
const MEANT = 'if that is meant, say evenRecent: true beside it'

const rule = v.pipe(
  v.strictObject({
    age: v.optional(amount('age', AGES, '12h, 30d, 2w')),
    size: v.optional(amount('size', SIZES, '500MB, 20GB, 1TB')),
    evenRecent: v.optional(v.boolean()),
  }),
  v.check(
    ({ age, size }) => age !== undefined || size !== undefined,
    'a rule needs an age, a size, or both; without a rule everything is kept',
  ),
  v.check(
    ({ age = Infinity, evenRecent }) => age >= HOUR_MS || evenRecent === true,
    `an age under 1h; ${MEANT}`,
  ),
  v.check(
    ({ size = Infinity, evenRecent }) => size >= SEGMENT_BYTES_MAX || evenRecent === true,
    `a size below one segment, 64MiB, as segments go whole; ${MEANT}`,
  ),
  v.transform(({ age, size, evenRecent }) => ({
    ...(age === undefined ? {} : { ageMs: age }),
    ...(size === undefined ? {} : { bytes: size }),
    ...(evenRecent === undefined ? {} : { evenRecent }),
  })),
)

/** `retention:` of config.yaml, as the ledger takes it. */
export const retentionSchema = v.pipe(
  v.strictObject({
    spans: v.optional(rule),
    logs: v.optional(rule),
    metrics: v.optional(rule),
    events: v.optional(rule),
  }),
  v.transform((rules) => rules as RetentionRules),
)
