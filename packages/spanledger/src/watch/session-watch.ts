import type { NewEvent, RecordedEvent, UnixNano } from '@spanledger/sdk/model'
import { uuidFrom } from '@spanledger/sdk/platform'
import type { Observation } from '../agents/index.ts'
import {
  type ClearedBecause,
  type ClearedData,
  FINDING_EVENTS,
  FINDING_KINDS,
  type FindingData,
  type FindingSlot,
  findingTold,
  happenedAt,
  type PriceOf,
} from '../projection/index.ts'
import { callOf } from './call.ts'
import type { ContextWindow } from './context-windows.ts'
import { Limits } from './limits.ts'
import { Runaway } from './runaway.ts'
import type { WatchSettings } from './settings.ts'
import { type Found, Stuck } from './stuck.ts'
import { type Thing, Things } from './things.ts'

/** What a session is judged by. */
export interface Rules {
  settings: WatchSettings
  prices: PriceOf
  windows: ContextWindow
}

/** An event that says what was found, or that it is over. */
export type FindingEvent = NewEvent<string, FindingData | ClearedData>

/** Findings remembered of one session: an agent that is found stuck more often is not new to anybody. */
const FINDINGS_MAX = 200

/** Model calls that fail are one thing that is asked for again and again. */
const MODEL = 'a model'

interface Known {
  slot: FindingSlot
  data: FindingData
  time: UnixNano
  cleared?: { because: ClearedBecause; position: number; time: UnixNano }
}

/**
 * One session as its events tell it, judged after each of them: a fold over its stream, in the order of its versions, and of
 * nothing else. So every process comes to the same findings, with the same ids, at whatever time it looks.
 */
export class SessionWatch {
  readonly session: string
  readonly #rules: Rules
  readonly #tools = new Things()
  readonly #models = new Things()
  readonly #prompts = new Things()
  #stuck: Stuck
  #limits: Limits
  #runaway: Runaway
  #spentUsd = 0
  #budget: Found | undefined
  /** What was found, by its id; and of that, what the ledger has heard of. */
  readonly #known = new Map<string, Known>()
  readonly #open = new Map<FindingSlot, string>()
  readonly #told = new Map<string, 'open' | 'cleared'>()
  /** Who it belongs to, as its events say. */
  run: string | undefined
  workingDirectory: string | undefined
  /** Version of the last event it has seen. */
  version = 0

  constructor(session: string, rules: Rules) {
    this.session = session
    this.#rules = rules
    this.#stuck = new Stuck(rules.settings)
    this.#limits = new Limits(rules.settings)
    this.#runaway = new Runaway(rules.settings)
  }

  /** Steps of late that brought nothing. */
  get idleSteps(): number {
    return this.#stuck.idleSteps
  }

  /** The next event of its stream; one that was seen before changes nothing. */
  take(event: RecordedEvent): void {
    if (event.version <= this.version || typeof event.data !== 'object' || event.data === null) return
    this.version = event.version
    const told = findingTold(event.event, event.data)
    if (told) return this.#hear(told)
    const data = event.data as Observation
    this.run ??= data.run
    this.workingDirectory ??= data.workingDirectory
    this.#judge(event, data)
    this.#settle('stuck', this.#stuck.found, event)
    this.#settle('turns', this.#limits.turns, event)
    this.#settle('context', this.#limits.context, event)
    this.#settle('budget', this.#budget, event)
    this.#settle('runaway', this.#runaway.found, event)
  }

  #judge(event: RecordedEvent, data: Observation): void {
    const over = (slot: FindingSlot, because: ClearedBecause | undefined): void => {
      if (because !== undefined) this.#clear(slot, because, event)
    }
    switch (event.event) {
      case 'SessionToolUsed': {
        const taken = this.#tools.take(data, event.position)
        if (taken?.again === true) this.#stuck = new Stuck(this.#rules.settings)
        if (taken) over('stuck', this.#stuck.take(callOf(taken.thing)))
        return
      }
      case 'SessionModelCalled': {
        const taken = this.#models.take(data, event.position)
        if (taken?.again === true) this.#forgetModelCalls()
        if (taken) this.#takeModelCall(taken.thing, over)
        return
      }
      case 'SessionProgressed':
        return over('stuck', this.#stuck.changed())
      case 'SessionPromptSubmitted':
        if (this.#prompts.take(data, event.position) === undefined) return
        over('stuck', this.#stuck.resume('prompt'))
        return over('turns', this.#limits.prompted())
      case 'SessionCompacted':
        return over('context', this.#limits.compacted())
    }
  }

  #forgetModelCalls(): void {
    this.#limits = new Limits(this.#rules.settings)
    this.#runaway = new Runaway(this.#rules.settings)
    this.#spentUsd = 0
  }

  #takeModelCall(
    { data, position }: Thing,
    over: (slot: FindingSlot, because: ClearedBecause | undefined) => void,
  ): void {
    const { agent, agentId, tokens, outcome } = data
    const atNano = data.endUnixNano ?? data.startUnixNano ?? '0'
    const model = data.requestModel ?? data.model ?? 'unknown'
    if (outcome === 'failed') {
      const call = callOf({ data: { ...data, name: model }, position })
      return over('stuck', this.#stuck.take({ ...call, asked: MODEL, changes: false }))
    }
    over('stuck', this.#stuck.wentWell(MODEL))
    const whole = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0, ...tokens }
    const usd = this.#costOf(data, atNano, whole)
    this.#spend(usd ?? 0, position, atNano)
    if (this.#runaway.take({ atNano, position, usd, tokens: whole.input - whole.cacheRead + whole.output }))
      over('runaway', 'below')
    if (agentId !== undefined) return
    const window = this.#rules.windows(model, agent) ?? this.#rules.windows(data.model ?? '', agent)
    over(
      'context',
      this.#limits.take({
        atNano,
        position,
        model,
        ...(tokens?.input === undefined ? {} : { input: tokens.input }),
        ...(window === undefined ? {} : { window }),
      }),
    )
  }

  #costOf(data: Observation, atNano: string, tokens: Parameters<PriceOf>[2]): number | null {
    const { prices } = this.#rules
    const [atMs, models] = [Number(atNano) / 1e6, [data.model, data.requestModel]]
    for (const model of models) {
      const usd = model === undefined ? null : prices(model, atMs, tokens)
      if (usd !== null) return usd
    }
    return data.reportedCostUsd ?? null
  }

  #spend(usd: number, position: number, atNano: string): void {
    this.#spentUsd += usd
    const threshold = this.#rules.settings.budgetUsd ?? Infinity
    if (this.#budget || this.#spentUsd < threshold) return
    const measured = Math.round(this.#spentUsd * 1e6) / 1e6
    this.#budget = {
      kind: 'budget',
      measured,
      threshold,
      unit: 'usd',
      positions: [position],
      sinceUnixNano: atNano,
    }
  }

  /** What a slot holds now has a name from its first event on. */
  #settle(slot: FindingSlot, found: Found | undefined, event: RecordedEvent): void {
    if (found === undefined) {
      this.#open.delete(slot)
      return
    }
    if (this.#open.has(slot)) return
    const finding = uuidFrom('finding', this.session, found.kind, String(found.positions[0]))
    this.#open.set(slot, finding)
    if (this.#known.has(finding) || this.#known.size >= FINDINGS_MAX) return
    const { severity } = FINDING_KINDS[found.kind]
    const data = { session: this.session, finding, severity, ...found }
    this.#known.set(finding, { slot, data, time: happenedAt(event) })
  }

  /** Also what others told, by rules of their own. */
  #clear(slot: FindingSlot, because: ClearedBecause, event: RecordedEvent): void {
    const cleared = { because, position: event.position, time: happenedAt(event) }
    for (const one of this.#known.values()) if (one.slot === slot) one.cleared ??= cleared
  }

  #hear(told: NonNullable<ReturnType<typeof findingTold>>): void {
    if ('cleared' in told) {
      this.#told.set(told.cleared.finding, 'cleared')
      return
    }
    const { finding, kind } = told.found
    if (this.#told.get(finding) !== 'cleared') this.#told.set(finding, 'open')
    if (!this.#known.has(finding) && this.#known.size < FINDINGS_MAX)
      this.#known.set(finding, {
        slot: FINDING_KINDS[kind].slot,
        data: told.found,
        time: told.found.sinceUnixNano,
      })
  }

  /**
   * Events that the ledger lacks: of what holds and was not told, and of what was told and is over. They are named by what they tell,
   * so that whoever appends them too, appends nothing.
   */
  due(): FindingEvent[] {
    const events: FindingEvent[] = []
    for (const [id, { slot, data, time, cleared }] of this.#known) {
      const told = this.#told.get(id)
      const [found, over] = FINDING_EVENTS[slot]
      if (told === undefined && cleared === undefined && !this.#isToldIn(slot))
        events.push({ event: found, id: uuidFrom(found, id), time, data })
      if (told !== 'open' || cleared === undefined) continue
      const { session, kind } = data
      events.push({
        event: over,
        id: uuidFrom(over, id),
        time: cleared.time,
        data: { session, finding: id, kind, because: cleared.because, positions: [cleared.position] },
      })
    }
    return events
  }

  /** Somebody with other rules told of it first: once is enough. */
  #isToldIn(slot: FindingSlot): boolean {
    for (const [id, one] of this.#known)
      if (one.slot === slot && this.#told.get(id) === 'open' && one.cleared === undefined) return true
    return false
  }
}
