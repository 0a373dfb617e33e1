export { type HookSink, spoolStatus, takeHooks } from './intake.ts'
export { installHooks } from './install.ts'
export { spoolOf } from './layout.ts'
export { hookCommand, SCRIPT } from './script.ts'
