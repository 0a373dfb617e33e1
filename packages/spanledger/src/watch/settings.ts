/** When a session counts as stuck, run away or over its limits. Source: docs/reference/watch.md */
export interface WatchSettings {
  enabled: boolean
  /** The same call with the same result, so many times; twice as many where an agent tells no more than sizes. */
  repeats: number
  /** The same error, so many times. */
  errors: number
  /** Steps without a new change, result or commit. */
  steps: number
  /** Model calls of one prompt, of which `turnsShare` is told; undefined: nobody limits them. */
  turnsMax?: number
  turnsShare: number
  /** Of the model's context. */
  contextShare: number
  /** By model, before those that are known. */
  contextTokens: Readonly<Record<string, number>>
  /** What one session may cost. */
  budgetUsd?: number
  /** Times what its own minutes usually come to; and no minute below `runawayUsdPerMinute` (or `runawayTokensPerMinute` where no price is known). */
  runawayFactor: number
  runawayUsdPerMinute: number
  runawayTokensPerMinute: number
  /** A shell command that gets each finding as JSON on its standard input. */
  command?: string
  commandTimeoutMs: number
  commandsPerHour: number
}

export const DEFAULT_WATCH: WatchSettings = {
  enabled: true,
  repeats: 5,
  errors: 6,
  steps: 15,
  turnsShare: 0.8,
  contextShare: 0.85,
  contextTokens: {},
  runawayFactor: 8,
  runawayUsdPerMinute: 2,
  runawayTokensPerMinute: 500_000,
  commandTimeoutMs: 30_000,
  commandsPerHour: 60,
}
