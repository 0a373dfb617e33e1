export { DEFAULT_REDACTION, RedactionConfigError, type RedactionConfig } from './config.ts'
export { redactJson } from './redact-json.ts'
export type { Prefilter } from './prefilter.ts'
export { createRedactor, hashOf, isHash, type Policy, type Redactor } from './redactor.ts'
