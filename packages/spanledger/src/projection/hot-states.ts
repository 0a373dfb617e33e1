import { initialState, type SessionState, type Told } from './state.ts'

/** Whole states of the sessions that were heard of or asked for last, up to a number of events over all of them. */
export class HotStates {
  readonly #max: number
  /** The one that was touched last comes last. */
  readonly #states = new Map<string, SessionState>()
  #events = 0
  #touched: SessionState | undefined

  constructor(eventsMax: number) {
    this.#max = eventsMax
  }

  has(id: string): boolean {
    return this.#states.has(id)
  }

  get(id: string): SessionState | undefined {
    const state = this.#states.get(id)
    if (state && state !== this.#touched) this.#touch(state)
    return state
  }

  #touch(state: SessionState): void {
    this.#states.delete(state.id)
    this.#states.set(state.id, state)
    this.#touched = state
  }

  /** A session that nothing was told of yet. */
  begin(id: string): void {
    this.#touch(initialState(id))
  }

  /** Of a session that is not here, nothing is held: what is here is here in whole. */
  hold(id: string, told: Told): void {
    const state = this.#touched?.id === id ? this.#touched : this.get(id)
    if (!state) return
    const before = state.told.size
    state.told.set(told.id, told)
    this.#events += state.told.size - before
  }

  /** Takes a state in place of older ones; one that is larger than all may be is not taken. */
  keep(state: SessionState): void {
    if (state.told.size > this.#max) return
    this.drop(state.id)
    this.#touch(state)
    this.#events += state.told.size
  }

  /** The session to drop next, while there are too many events. */
  tooMany(): string | undefined {
    if (this.#events <= this.#max) return undefined
    const [oldest] = this.#states.keys()
    return oldest
  }

  drop(id: string): void {
    const state = this.#states.get(id)
    if (!state) return
    this.#states.delete(id)
    this.#events -= state.told.size
    if (this.#touched === state) this.#touched = undefined
  }
}
