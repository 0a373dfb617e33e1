export { type HookIntake, type HookSink, spoolStatus, takeHooks, type Taken } from './intake.ts'
export { installHooks } from './install.ts'
export { spoolOf } from './layout.ts'
export { hookCommand } from './script.ts'
