import * as v from 'valibot'
import { happenedAt } from '../../projection/index.ts'
import { duration, limit, since, text, until } from '../params.ts'
import { type Cut, query } from '../query.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { type Counts, type Match, Matcher } from '../sequence/matcher.ts'
import { parsePattern, pathOf, PatternError, type Step } from '../sequence/pattern.ts'
import { isoNano, parseTime } from '../times.ts'
import { matcher as filter } from './events.ts'

export interface EventQueryAnswer extends Cut, Counts {
  /** The first that were found, in order of their first event. */
  rows: MatchRow[]
  /** Matches that an event to come may undo. */
  open: number
}

export interface MatchRow {
  key: string
  events: { position: number; stream: string; version: number; event: string; time: string }[]
  /** From the first event to the last. */
  gapMs: number
  open?: true
}

const PLACE_BEFORE = 40
const PLACE_AFTER = 30

export const eventQuery = query({
  summary: 'What followed what, and what did not',
  params: v.strictObject({
    pattern: text(
      'such as: SessionToolUsed[outcome=failed] followed by SessionPromptSubmitted',
      'PATTERN',
      1,
    ),
    within: v.optional(duration('from the first event of a match to its last; any time unless told')),
    by: v.optional(
      text('what events of a match have in common: stream, or a field of their data', 'FIELD'),
      'stream',
    ),
    since,
    until,
    limit: limit(50, 'matches'),
  }),
  async run(context, given): Promise<EventQueryAnswer | Refusal> {
    let steps: Step[]
    try {
      steps = parsePattern(given.pattern)
    } catch (error) {
      if (error instanceof PatternError) return misread(given.pattern, error)
      throw error
    }
    const rows: MatchRow[] = []
    let open = 0
    const matcher = new Matcher(
      {
        steps,
        by: given.by === 'stream' ? 'stream' : pathOf(given.by),
        ...(given.within === undefined ? {} : { within: given.within }),
      },
      (match) => {
        if (match.open) open++
        if (rows.length < given.limit) rows.push(rowOf(match))
      },
    )
    const store = await context.events()
    const types = steps.map(({ type }) => type)
    // Without a glob the store leaves other types unparsed.
    const options = types.some((type) => type.includes('*')) ? {} : { types }
    const inRange = filter(context, { since: given.since, until: given.until })
    for await (const event of store.readAll(options)) {
      const happened = happenedAt(event)
      if (inRange({ event: event.event, stream: event.stream, time: happened })) matcher.take(event, happened)
    }
    matcher.end(String(parseTime('now', context.platform.clock.nowMs())))
    const { counts } = matcher
    return {
      rows: rows.toSorted((a, b) => a.events[0]!.position - b.events[0]!.position),
      ...counts,
      open,
      cut: counts.matched > rows.length,
      limit: given.limit,
    }
  },
})

function rowOf({ key, events, open }: Match): MatchRow {
  const [first, last] = [events[0]!, events.at(-1)!]
  return {
    key,
    events: events.map(({ time, ...event }) => ({ ...event, time: isoNano(time) })),
    gapMs: Number(BigInt(last.time) - BigInt(first.time)) / 1e6,
    ...(open ? { open } : {}),
  }
}

/** The part of the question around the place, with a caret under it. */
function misread(pattern: string, { at, message }: PatternError): Refusal {
  const from = Math.max(0, at - PLACE_BEFORE)
  const excerpt = pattern.slice(from, at + PLACE_AFTER).replaceAll(/\s/g, ' ')
  return {
    ...refusal('PATTERN_ERROR', `pattern: at character ${at + 1}: ${message}`, 'see --help for examples'),
    place: `${excerpt}\n${' '.repeat(at - from)}^`,
  }
}
