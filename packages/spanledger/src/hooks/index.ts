export { type HookSink, takeHooks } from './intake.ts'
export { installHooks } from './install.ts'
export { spoolOf } from './layout.ts'
export { hookCommand } from './script.ts'
