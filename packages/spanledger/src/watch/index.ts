export { loadContextWindows } from './context-windows.ts'
export { DEFAULT_WATCH, type WatchSettings } from './settings.ts'
export { lookAt } from './look.ts'
export { watchSessions } from './watcher.ts'
