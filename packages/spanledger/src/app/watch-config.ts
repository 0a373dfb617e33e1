import * as v from 'valibot'
import type { WatchSettings } from '../watch/index.ts'

const count = v.pipe(v.number(), v.integer(), v.minValue(2))
const positive = v.pipe(v.number(), v.gtValue(0))
const share = v.pipe(v.number(), v.gtValue(0), v.maxValue(1))

/** `watch:` of config.yaml. */
export const watchSchema = v.pipe(
  v.strictObject({
    enabled: v.optional(v.boolean()),
    repeats: v.optional(count),
    errors: v.optional(count),
    steps: v.optional(count),
    turnsMax: v.optional(count),
    turnsShare: v.optional(share),
    contextShare: v.optional(share),
    contextTokens: v.optional(v.record(v.string(), positive)),
    budgetUsd: v.optional(positive),
    runawayFactor: v.optional(positive),
    runawayUsdPerMinute: v.optional(positive),
    runawayTokensPerMinute: v.optional(positive),
    command: v.optional(v.pipe(v.string(), v.minLength(1))),
    commandTimeoutMs: v.optional(v.pipe(count, v.maxValue(600_000))),
    commandsPerHour: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
  }),
  v.transform((given) => given as Partial<WatchSettings>),
)
