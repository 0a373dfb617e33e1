export { type HookSink, spoolStatus, takeHooks } from './intake.ts'
export { installHooks } from './install.ts'
export { spoolOf } from './layout.ts'
export { hookCommand, hookMark, SCRIPT } from './script.ts'
