import type { RecordedEvent } from '@spanledger/sdk/model'
import type { Observation, SessionEventName } from '../../agents/index.ts'
import { DEFAULT_WATCH, type WatchSettings } from '../settings.ts'
import { type FindingEvent, SessionWatch } from '../session-watch.ts'

/** Hand-made sessions, event by event as a ledger has them. Times are a second apart unless a story says otherwise. */
export class Story {
  readonly events: RecordedEvent[] = []
  atMs = Date.UTC(2026, 10, 21, 9)
  #calls = 0

  readonly session: string

  constructor(session = 's1') {
    this.session = session
  }

  add(event: SessionEventName | string, data: Partial<Observation> & Record<string, unknown> = {}): this {
    const n = this.events.length + 1
    this.atMs += 1_000
    const time = `${this.atMs}000000`
    const whole = {
      session: this.session,
      agent: 'an-agent',
      source: 'log:x',
      rank: 3,
      endUnixNano: time,
      ...data,
    }
    this.events.push({
      event,
      id: `${this.session}-${n}`,
      stream: `session-${this.session}`,
      version: n,
      position: n * 10,
      time,
      data: whole,
    })
    return this
  }

  /** A tool call that went well; `result` is what came of it. */
  tool(name: string, asked: string, result = 'same', more: Partial<Observation> = {}): this {
    const keys = [`tool:${++this.#calls}`]
    return this.add('SessionToolUsed', {
      name,
      inputHash: asked,
      outputHash: result,
      outcome: 'ok',
      keys,
      ...more,
    })
  }

  fails(name: string, asked: string, more: Partial<Observation> = {}): this {
    return this.tool(name, asked, 'failed', { outcome: 'failed', exitCode: 1, ...more })
  }

  model(input: number, output = 100, more: Partial<Observation> = {}): this {
    return this.add('SessionModelCalled', {
      model: 'a-model',
      outcome: 'ok',
      tokens: { input, output },
      keys: [`request:${++this.#calls}`],
      ...more,
    })
  }

  prompt(): this {
    return this.add('SessionPromptSubmitted', { keys: [`prompt:${++this.#calls}`] })
  }

  times(count: number, tell: (story: this, i: number) => unknown): this {
    for (let i = 0; i < count; i++) tell(this, i)
    return this
  }
}

/** One dollar a million tokens, and a context of 100,000. */
export const rulesOf = (settings: Partial<WatchSettings> = {}) => ({
  settings: { ...DEFAULT_WATCH, ...settings },
  prices: (_: string, __: number, { input, output }: { input: number; output: number }) =>
    (input + output) / 1e6,
  windows: () => 100_000,
})

/**
 * What a watcher appends that judges after every event and hears of what it appended at once. What it told stands in the
 * stream behind the event it was told after, as it does in a ledger.
 */
export function told(
  story: Story,
  settings: Partial<WatchSettings> = {},
): { events: FindingEvent[]; ledger: RecordedEvent[] } {
  const watch = new SessionWatch(story.session, rulesOf(settings))
  const ledger: RecordedEvent[] = []
  const events: FindingEvent[] = []
  const append = (event: Omit<RecordedEvent, 'version'>): void => {
    ledger.push({ ...event, version: ledger.length + 1 })
    watch.take(ledger.at(-1)!)
  }
  for (const event of story.events) {
    append(event)
    for (const due of watch.due()) {
      events.push(due)
      append({ ...due, stream: event.stream, position: event.position + 1, time: due.time! })
    }
  }
  return { events, ledger }
}

/** Kinds in the order they were found; `-` before one that is over. */
export const kindsOf = (story: Story, settings: Partial<WatchSettings> = {}): string[] =>
  told(story, settings).events.map(({ event, data }) => `${event.endsWith('Cleared') ? '-' : ''}${data.kind}`)
