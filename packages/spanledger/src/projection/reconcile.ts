import type { ObservedTokens } from '../agents/index.ts'
import { compare, field, type Activity, tokensOf } from './merge.ts'
import type { SessionSummary, Tokens } from './session-view.ts'
import type { SessionState } from './state.ts'
import type { Things } from './things.ts'

/** high: sources agree on all of it; medium: one alone told some of it; low: they differ, or a part is known to be missing. */
type Confidence = 'high' | 'medium' | 'low'

/** What one source told of a figure. */
interface SourceFigure {
  source: string
  value: number
  /** Of how many calls it told the figure; null for a sum over the whole session. */
  calls: number | null
  /** What was chosen for the same calls. */
  chosen: number
  /** Further from what was chosen than DIFFERENCE_MAX of it. */
  differs: boolean
}

interface ReconciledFigure {
  figure: string
  unit: 'calls' | 'tokens' | 'usd' | 'ms'
  /** As it stands in `sessions`. */
  chosen: number | null
  confidence: Confidence
  why: string
  /** Whose word was taken. */
  from: string[]
  sources: SourceFigure[]
}

/** Which source told which figure of a session, which was chosen, why, and how sure it is. */
export interface Reconciliation {
  session: string
  agent: string
  /** The lowest of the figures'. */
  confidence: Confidence
  figures: ReconciledFigure[]
}

/** A model call with what it cost. */
interface Call {
  call: Activity
  tokens: Tokens | null
  costUsd: number | null
}

/** Sources that are nearer to each other agree: clocks and money are rounded. */
const DIFFERENCE_MAX = 0.01
const WALL_TIME_SLACK_MS = 1_000
/** Tells that there was a call, and nothing of it. */
const HINT_RANK = 0
/** Ranks below tell of an answer that was not over. */
const SURE_RANK = 1
const FIGURES_RANK = 3
const PARTS = {
  input: 'input tokens',
  output: 'output tokens',
  cacheRead: 'tokens from cache',
  cacheWrite: 'tokens to cache',
  reasoning: 'reasoning tokens',
} as const satisfies Record<keyof Tokens, string>

/** A function of what was told, so that neither order nor repetition matters. */
export function reconcile(
  head: SessionSummary,
  things: Things,
  calls: readonly Call[],
  state: SessionState,
): Reconciliation {
  const tokens = (Object.keys(PARTS) as (keyof Tokens)[]).map((part) =>
    tokenFigure(part, calls, things, state),
  )
  const figures = [
    countFigure('model calls', things.modelCalls),
    countFigure('tool calls', things.toolCalls),
    ...tokens,
    costFigure(head, calls, state),
    wallTime(head, state),
  ].filter((figure) => figure.sources.length > 0)
  return {
    session: head.id,
    agent: head.agent,
    confidence: lowest(figures.map(({ confidence }) => confidence)),
    figures,
  }
}

const lowest = (all: readonly Confidence[]): Confidence =>
  all.includes('low') ? 'low' : all.length === 0 || all.includes('medium') ? 'medium' : 'high'

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`
const isFar = (value: number, chosen: number): boolean =>
  Math.abs(value - chosen) > DIFFERENCE_MAX * Math.max(Math.abs(value), Math.abs(chosen))

const sourcesOf = (thing: Activity): Set<string> => new Set(thing.told.map(({ data }) => data.source))
const isSure = (thing: Activity): boolean => thing.told.some(({ data }) => data.rank > HINT_RANK)

function countFigure(figure: string, all: readonly Activity[]): ReconciledFigure {
  const counts = new Map<string, number>()
  for (const thing of all)
    for (const source of sourcesOf(thing)) counts.set(source, (counts.get(source) ?? 0) + 1)
  const sources = [...counts]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([source, value]) => ({ source, value, calls: value, chosen: value, differs: false }))
  const alone = all.filter((thing) => sourcesOf(thing).size === 1)
  const unsure = all.filter((thing) => !isSure(thing)).length
  const [first] = alone
  const confidence = unsure > 0 ? 'low' : first === undefined ? 'high' : 'medium'
  const why =
    unsure > 0
      ? `${plural(unsure, 'call')} known from hints alone`
      : first === undefined
        ? 'each call was told by more than one source'
        : `${plural(alone.length, 'call')} known from one source alone: ${[...new Set(alone.flatMap((thing) => [...sourcesOf(thing)]))].toSorted(compare).join(', ')}`
  return {
    figure,
    unit: 'calls',
    chosen: all.length,
    confidence,
    why,
    from: sources.filter(({ value }) => value === all.length).map(({ source }) => source),
    sources,
  }
}

interface Told {
  value: number
  chosen: number
  calls: number
  differs: boolean
}

function tokenFigure(
  part: keyof Tokens,
  calls: readonly Call[],
  things: Things,
  state: SessionState,
): ReconciledFigure {
  const told = new Map<string, Told>()
  const from = new Set<string>()
  let [chosen, missing, drafts, agreed, rank] = [0, 0, 0, 0, FIGURES_RANK]
  let count = 0
  for (const { call, tokens } of calls) {
    // Of a source that told it again the last word stands first.
    const bySource = new Map<string, { value: number; rank: number }>()
    for (const { data } of call.told) {
      const value = data.tokens?.[part]
      if (value !== undefined && !bySource.has(data.source))
        bySource.set(data.source, { value, rank: data.rank })
    }
    const [first] = bySource
    if (first === undefined) {
      // A part that nobody tells is no part that is missing.
      if (tokens === null && call.outcome !== 'failed') missing++
      continue
    }
    count++
    const [source, best] = first
    chosen += best.value
    from.add(source)
    rank = Math.min(rank, best.rank)
    if (best.rank < SURE_RANK) drafts++
    if ([...bySource.values()].filter(({ value }) => !isFar(value, best.value)).length > 1) agreed++
    for (const [name, { value }] of bySource) {
      const sum = told.get(name) ?? { value: 0, chosen: 0, calls: 0, differs: false }
      sum.value += value
      sum.chosen += best.value
      sum.calls++
      told.set(name, sum)
    }
  }
  for (const sum of told.values()) sum.differs = isFar(sum.value, sum.chosen)
  const sources: SourceFigure[] = [...told]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([source, sum]) => ({ source, ...sum }))
  sources.push(...wholeSums(part, calls, things, state, chosen))
  const far = sources.filter(({ differs }) => differs).map(({ source }) => source)
  const verdict = ((): [Confidence, string] => {
    const differ = far.length === 0 ? '' : `; ${far.join(', ')} ${far.length === 1 ? 'tells' : 'tell'} others`
    // What was asked is known before the answer begins.
    if (drafts > 0 && part === 'output')
      return ['low', `${plural(drafts, 'answer')} told before it was over, and by nobody better${differ}`]
    if (missing > 0 && (part === 'input' || part === 'output'))
      return ['low', `nobody told them of ${plural(missing, 'call')}${differ}`]
    if (agreed === count) return ['high', `sources agree on all calls${differ}`]
    const sum = sources.find(({ calls: of, differs }) => of === null && !differs)
    if (sum && far.length === 0) return ['high', `${sum.source}, a sum of the whole, agrees`]
    if (far.length > 0)
      return rank === FIGURES_RANK
        ? ['medium', `taken from the record made for it${differ}`]
        : ['low', `sources differ, and none was made for it${differ}`]
    if (agreed === 0) return ['medium', `told by ${[...from].toSorted(compare).join(', ')} alone`]
    return ['medium', `sources agree on ${agreed} of ${count} calls, of the others one told`]
  })()
  return {
    figure: PARTS[part],
    unit: 'tokens',
    chosen,
    confidence: verdict[0],
    why: verdict[1],
    from: [...from].toSorted(compare),
    // What every source tells as none is no news.
    sources: sources.some(({ value }) => value > 0) ? sources : [],
  }
}

/** Sums that the agent tells itself: of a turn, of its own calls alone; of a run, of all. */
function wholeSums(
  part: keyof ObservedTokens,
  calls: readonly Call[],
  { turns }: Things,
  state: SessionState,
  chosen: number,
): SourceFigure[] {
  const own = calls
    .filter(({ call }) => call.agent === undefined)
    .reduce((sum, { tokens }) => sum + (tokens?.[part] ?? 0), 0)
  const sums: SourceFigure[] = []
  const add = (source: string, value: number, against: number): void => {
    const same = sums.find((one) => one.source === source)
    if (same) same.value += value
    else sums.push({ source, value, calls: null, chosen: against, differs: false })
  }
  for (const turn of turns) {
    const tokens = tokensOf(turn)
    const source = turn.told.find(({ data }) => data.tokens?.[part] !== undefined)?.data.source
    if (tokens && source !== undefined) add(source, tokens[part], own)
  }
  for (const { event, data } of inOrder(state)) {
    const value = data.tokens?.[part]
    if ((event === 'SessionCompleted' || event === 'SessionFailed') && value !== undefined)
      add(data.source, value, chosen)
  }
  for (const sum of sums) sum.differs = isFar(sum.value, sum.chosen)
  return sums
}

/** Sums of floating numbers depend on their order. */
const inOrder = (state: SessionState) => [...state.told.values()].toSorted((a, b) => compare(a.id, b.id))

function costFigure(head: SessionSummary, calls: readonly Call[], state: SessionState): ReconciledFigure {
  const told = new Map<string, Told>()
  const add = (source: string, value: number, chosen: number, count: number): void => {
    const sum = told.get(source) ?? { value: 0, chosen: 0, calls: 0, differs: false }
    told.set(source, {
      value: sum.value + value,
      chosen: sum.chosen + chosen,
      calls: sum.calls + count,
      differs: false,
    })
  }
  for (const { call, costUsd } of calls) {
    const reported = field(call, 'reportedCostUsd')
    const source = call.told.find(({ data }) => data.reportedCostUsd !== undefined)?.data.source
    if (reported !== undefined && source !== undefined) add(source, reported, costUsd ?? 0, 1)
  }
  for (const { event, data } of inOrder(state))
    if ((event === 'SessionCompleted' || event === 'SessionFailed') && data.reportedCostUsd !== undefined)
      add(data.source, data.reportedCostUsd, told.has(data.source) ? 0 : (head.costUsd ?? 0), 0)
  const sources = [...told]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([source, { value, chosen, calls: count }]): SourceFigure => ({
      source,
      value: dollars(value),
      calls: count === 0 ? null : count,
      chosen: dollars(chosen),
      differs: isFar(value, chosen),
    }))
  const far = sources.filter(({ differs }) => differs).map(({ source }) => source)
  const [confidence, why]: [Confidence, string] =
    head.unpricedModelCalls > 0
      ? ['low', `${plural(head.unpricedModelCalls, 'call')} without a price or without tokens left out`]
      : far.length > 0
        ? ['low', `the price table gives another than ${far.join(', ')}`]
        : sources.length > 0
          ? ['high', `the price table and ${sources.map(({ source }) => source).join(', ')} agree`]
          : ['medium', 'from the price table alone: the agent tells none']
  const priced: SourceFigure[] =
    head.costUsd === null
      ? []
      : [
          {
            source: 'price table',
            value: head.costUsd,
            calls: calls.length - head.unpricedModelCalls,
            chosen: head.costUsd,
            differs: false,
          },
        ]
  return {
    figure: 'cost',
    unit: 'usd',
    chosen: head.costUsd,
    confidence,
    why,
    from: priced.map(({ source }) => source),
    sources: [...priced, ...sources],
  }
}

const dollars = (value: number): number => Math.round(value * 1e9) / 1e9

/** From the first to the last thing that each kind of source told. */
function wallTime(head: SessionSummary, state: SessionState): ReconciledFigure {
  const extents = new Map<string, { start: number; end: number }>()
  for (const { data, start, end } of state.told.values()) {
    if (start === undefined || end === undefined) continue
    const kind = `${data.source.split(':', 1)[0]}s`
    const known = extents.get(kind)
    extents.set(kind, {
      start: Math.min(start, known?.start ?? start),
      end: Math.max(end, known?.end ?? end),
    })
  }
  const chosen = Date.parse(head.endedAt ?? head.startedAt) - Date.parse(head.startedAt)
  const sources = [...extents]
    .toSorted(([a], [b]) => compare(a, b))
    .map(([source, { start, end }]): SourceFigure => {
      const value = Math.round(end - start)
      const differs = isFar(value, chosen) && Math.abs(value - chosen) > WALL_TIME_SLACK_MS
      return { source, value, calls: null, chosen, differs }
    })
  const near = sources.filter(({ differs }) => !differs)
  const [confidence, why]: [Confidence, string] =
    near.length > 1
      ? ['high', `${near.map(({ source }) => source).join(', ')} agree`]
      : sources.length === 1
        ? ['medium', `told by ${sources[0]!.source} alone`]
        : ['medium', 'from the first to the last that any source told']
  return {
    figure: 'wall time',
    unit: 'ms',
    chosen,
    confidence,
    why,
    from: near.map(({ source }) => source),
    sources,
  }
}
