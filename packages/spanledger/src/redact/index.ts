export { RedactionConfigError, type RedactionConfig } from './config.ts'
export type { ContentClass, ContentRule } from './content.ts'
export type { Prefilter } from './prefilter.ts'
export { createRedactor, hashOf, type Policy, type Redacted, type Redactor } from './redactor.ts'
