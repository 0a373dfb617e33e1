export { DEFAULT_REDACTION, RedactionConfigError, type RedactionConfig } from './config.ts'
export { redactJson } from './redact-json.ts'
export { createRedactor, hashOf, type Policy, type Redactor } from './redactor.ts'
