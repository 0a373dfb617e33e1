import type { ClearedBecause } from '../projection/index.ts'
import type { Found } from './stuck.ts'
import type { WatchSettings } from './settings.ts'

/** A model call, for the limits it may come near to. */
export interface ModelCall {
  atNano: string
  position: number
  model: string
  /** All prompt tokens, and how many the model can take; undefined where either is not known. */
  input?: number
  window?: number
}

/** Calls in a row that need less: one alone may be a side question of the agent's own. */
const BELOW_THAT_CLEAR = 3

/** Turns of one prompt, and the context of the agent's own conversation, nearly used up. */
export class Limits {
  readonly #settings: WatchSettings
  #turns: { count: number; since: string; found?: Found } = { count: 0, since: '0' }
  #context: Found | undefined
  #below = 0

  constructor(settings: WatchSettings) {
    this.#settings = settings
  }

  get turns(): Found | undefined {
    return this.#turns.found
  }

  get context(): Found | undefined {
    return this.#context
  }

  /** Says when the context is no longer short. */
  take(call: ModelCall): ClearedBecause | undefined {
    this.#takeTurn(call)
    const { input, window } = call
    // More than the window holds says that the window is not known after all.
    if (input === undefined || window === undefined || input > window) return undefined
    const threshold = Math.floor(window * this.#settings.contextShare)
    this.#below = input < threshold ? this.#below + 1 : 0
    if (this.#context === undefined) {
      if (input >= threshold)
        this.#context = {
          kind: 'context',
          measured: input,
          threshold,
          unit: 'tokens',
          positions: [call.position],
          sinceUnixNano: call.atNano,
          model: call.model,
        }
      return undefined
    }
    return this.#below < BELOW_THAT_CLEAR ? undefined : this.#freed('below')
  }

  #takeTurn({ atNano, position }: ModelCall): void {
    const { turnsMax, turnsShare } = this.#settings
    const turns = this.#turns
    if (turns.count++ === 0) turns.since = atNano
    const threshold = Math.ceil((turnsMax ?? Infinity) * turnsShare)
    if (turns.count < threshold || turns.found) return
    turns.found = {
      kind: 'turns',
      measured: turns.count,
      threshold,
      unit: 'turns',
      positions: [position],
      sinceUnixNano: turns.since,
    }
  }

  compacted(): ClearedBecause {
    return this.#freed('compaction')
  }

  #freed(because: ClearedBecause): ClearedBecause {
    this.#context = undefined
    this.#below = 0
    return because
  }

  /** Turns are of one prompt. */
  prompted(): ClearedBecause {
    this.#turns = { count: 0, since: '0' }
    return 'prompt'
  }
}
