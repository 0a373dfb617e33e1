import type { ContentClass, ContentRule } from './content.ts'

/** The part `redaction` of the configuration. Source: docs/reference/redaction.md */
export interface RedactionConfig {
  /** On unless set to false. */
  enabled: boolean
  /** Rules of your own: each is run over every string, which is slower than the built-in rules. */
  patterns: { name: string; regex: string; flags?: string | undefined }[]
  /** Further attribute names whose values go, compared by the words they end in. */
  keys: string[]
  /** Names of rules to switch off, attribute names to leave alone, or exact texts that are no secrets. */
  allow: string[]
  content: Partial<Record<ContentClass, ContentRule | undefined>>
}

/** What is the case where nobody says otherwise. */
export const DEFAULT_REDACTION: RedactionConfig = {
  enabled: true,
  patterns: [],
  keys: [],
  allow: [],
  content: { prompts: 'keep', toolInput: 'keep', toolOutput: 'keep', modelOutput: 'keep' },
}

/** The configuration cannot be used; says which entry and why. */
export class RedactionConfigError extends Error {
  readonly code = 'REDACTION_CONFIG'
  /** Such as `patterns[0].regex`. */
  readonly where: string
  constructor(where: string, reason: string) {
    super(`redaction.${where}: ${reason}`)
    this.where = where
  }
}
