export { DebugBridge, attachDebugBridge } from './bridge.ts'
export type { DebugBridgeOptions } from './bridge.ts'
export { DEBUG_EVENT_TYPES } from './event.ts'
export type { DebugEvent, DebugEventType, DebugLevelName, TimingEntry } from './event.ts'
