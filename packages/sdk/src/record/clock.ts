import type { Clock } from '../platform/index.ts'

/** Date.now tells milliseconds only, the monotonic clock knows no date: more than this apart, the wall clock was set. */
const DRIFT_MAX_MS = 2
/** Between two looks at the wall clock; a look costs as much as reading the time. */
const LOOK_EVERY_MS = 1_000

/**
 * Wall time in nanoseconds without allocating: `read` leaves it in `seconds` and `nanos`.
 *
 * Runs on with the monotonic clock; a wall clock that was set, forwards or back, is followed within LOOK_EVERY_MS. So times go
 * back with it, but a duration that is taken from what `read` returns does not.
 *
 * @internal
 */
export class RecordClock {
  seconds = 0
  nanos = 0
  readonly #clock: Pick<Clock, 'nowMs' | 'monotonicMs'>
  #anchorMonotonicMs = 0
  #anchorSeconds = 0
  #anchorNanos = 0
  #lookAtMs = -Infinity

  constructor(clock: Pick<Clock, 'nowMs' | 'monotonicMs'>) {
    this.#clock = clock
  }

  /** Returns the monotonic time of the same moment, in milliseconds. */
  read(): number {
    const monotonicMs = this.#clock.monotonicMs()
    if (monotonicMs >= this.#lookAtMs) this.#look(monotonicMs)
    this.#set(this.#anchorSeconds, this.#anchorNanos + (monotonicMs - this.#anchorMonotonicMs) * 1e6)
    return monotonicMs
  }

  /** Leaves the time `elapsedMs` after the given one in `seconds` and `nanos`. */
  after(seconds: number, nanos: number, elapsedMs: number): void {
    this.#set(seconds, nanos + Math.max(0, elapsedMs) * 1e6)
  }

  #set(seconds: number, nanos: number): void {
    const whole = Math.floor(nanos / 1e9)
    this.seconds = seconds + whole
    this.nanos = Math.floor(nanos - whole * 1e9)
  }

  #look(monotonicMs: number): void {
    const wallMs = this.#clock.nowMs()
    const shownMs =
      this.#anchorSeconds * 1_000 + this.#anchorNanos / 1e6 + monotonicMs - this.#anchorMonotonicMs
    if (this.#lookAtMs === -Infinity || Math.abs(wallMs - shownMs) > DRIFT_MAX_MS) {
      this.#anchorMonotonicMs = monotonicMs
      this.#anchorSeconds = Math.floor(wallMs / 1_000)
      this.#anchorNanos = (wallMs - this.#anchorSeconds * 1_000) * 1e6
    }
    this.#lookAtMs = monotonicMs + LOOK_EVERY_MS
  }
}

/** OpenTelemetry's TimeInput: milliseconds since 1970, a Date, or [seconds, nanoseconds]. */
export type TimeInput = number | Date | readonly [number, number]

/** Before it, a number is taken for performance.now(), as OpenTelemetry JS does: nobody reports 1970, in milliseconds. */
const EPOCH_MS_MIN = 1e11

/** Undefined when it is no time. */
export function timeOf(input: unknown, timeOriginMs: number): { seconds: number; nanos: number } | undefined {
  if (Array.isArray(input)) {
    const [seconds, nanos] = input as unknown[]
    return isWhole(seconds) && isWhole(nanos) && nanos < 1e9 ? { seconds, nanos } : undefined
  }
  let ms = input instanceof Date ? input.getTime() : input
  if (typeof ms !== 'number' || !(ms >= 0) || ms > 8.64e15) return undefined
  if (ms < EPOCH_MS_MIN && !(input instanceof Date)) ms += timeOriginMs
  const seconds = Math.floor(ms / 1_000)
  return { seconds, nanos: Math.min(999_999_999, Math.round((ms - seconds * 1_000) * 1e6)) }
}

const isWhole = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0
