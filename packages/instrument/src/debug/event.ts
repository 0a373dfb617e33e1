/** How severe an event is: the smaller, the more. The numbers of Echelon's DebugLevel. */
export const LEVELS = { error: 1, warn: 2, info: 3, debug: 4, trace: 5 } as const
export type DebugLevelName = keyof typeof LEVELS

/** Every type of event a debugger tells. */
export const DEBUG_EVENT_TYPES = [
  'request:start',
  'request:end',
  'middleware:enter',
  'middleware:exit',
  'route:match',
  'route:miss',
  'controller:enter',
  'controller:exit',
  'orm:query',
  'orm:result',
  'auth:check',
  'auth:success',
  'auth:failure',
  'cache:get',
  'cache:set',
  'cache:hit',
  'cache:miss',
  'view:render',
  'job:start',
  'job:end',
  'search:query',
  'plugin:load',
  'plugin:event',
  'api:request',
  'api:response',
  'config:load',
  'security:check',
  'error',
] as const
export type DebugEventType = (typeof DEBUG_EVENT_TYPES)[number]

/** What a debugger's listener gets. */
export interface DebugEvent {
  readonly type: DebugEventType
  readonly message?: string
  readonly module?: unknown
  /** A number of LEVELS, or its name. */
  readonly level?: number | string
  readonly data?: unknown
  /** Milliseconds since 1970. */
  readonly timestamp?: number
  readonly requestId?: string
  /** Milliseconds. */
  readonly duration?: number
}

/** A measured stretch of time, with others within it. */
export interface TimingEntry {
  readonly name: string
  readonly module?: unknown
  /** Milliseconds of `performance.now()`, or since 1970. */
  readonly startTime: number
  readonly endTime?: number
  readonly duration?: number
  readonly children?: readonly TimingEntry[]
  readonly metadata?: Readonly<Record<string, unknown>>
}

export function levelOf({ type, level }: DebugEvent): number {
  if (type === 'error') return LEVELS.error
  if (typeof level === 'number') return level
  return LEVELS[String(level).toLowerCase() as DebugLevelName] ?? LEVELS.info
}
