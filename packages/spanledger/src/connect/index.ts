export { unifiedDiff } from './diff.ts'
export { SettingsError } from './errors.ts'
export { type Journal, journalName } from './journal.ts'
export { type FilePlan, planConnect, planDisconnect } from './plan.ts'
