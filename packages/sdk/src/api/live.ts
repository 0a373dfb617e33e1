import type {
  context,
  environmentWith,
  extract,
  inject,
  Logger,
  Recorder,
  recordWith,
  Tracer,
} from '../record/index.ts'

/** What recording consists of while it is on. @internal */
export interface Live {
  readonly recorder: Recorder
  /** Of the scope without a name. */
  readonly tracer: Tracer
  readonly logger: Logger
  readonly recordWith: typeof recordWith
  readonly context: typeof context
  readonly extract: typeof extract
  readonly inject: typeof inject
  readonly environmentWith: typeof environmentWith
}

/** Undefined while recording is off: all that an instrumented call then looks at. @internal */
export let live: Live | undefined

/** Called with undefined when recording ends. */
const listeners: ((now: Live | undefined) => void)[] = []

export function setLive(now: Live | undefined): void {
  live = now
  for (const listener of listeners) listener(now)
}

/** Calls back now, and whenever recording starts or ends. */
export function onLive(listener: (now: Live | undefined) => void): void {
  listeners.push(listener)
  listener(live)
}
