import * as v from 'valibot'
import {
  type Budget,
  BUDGET_OF,
  BUDGET_PERIODS,
  type Forecast,
  forecastOf,
  type Spent,
  spentOf,
} from '../../projection/index.ts'
import { type Budgets, isOver } from '../../work/index.ts'
import { choice, text } from '../params.ts'
import { query } from '../query.ts'
import { isRefusal, refusal, type Refusal } from '../refusal.ts'
import { carriedTask } from './carried-task.ts'
import { tasksIn, tiesIn } from './cost-ties.ts'
import { asker, askingOf } from './task-asking.ts'

export interface BudgetRow extends Budget, Spent {
  leftUsd: number
  /** Of the budget, 1 for all of it. */
  share: number
  /** Null where none can be told; then `why`. */
  forecast: Forecast | null
  why: string | null
}

export interface BudgetsAnswer {
  /** The nearest to its end first. */
  rows: BudgetRow[]
}

export const budgets = query({
  summary: 'What is spent of each budget, what is left, and where it will end',
  params: v.strictObject({}),
  async run(context): Promise<BudgetsAnswer> {
    const set = budgetsIn((await (await context.work()).policies()).budgets)
    if (set.length === 0) return { rows: [] }
    const model = await context.sessions()
    await model.refresh()
    const { ties } = await tiesIn(context, { teams: true })
    const tasks = await tasksIn(context)
    const atMs = context.platform.clock.nowMs()
    const isDone = (id: string): boolean => {
      const task = tasks.tasks.get(id)
      return task !== undefined && isOver(task.status)
    }
    const rows = set.map((budget): BudgetRow => {
      const spent = spentOf(model.figures(), ties, budget, atMs)
      const forecast = forecastOf(() => model.figures(), ties, budget, atMs, isDone)
      return {
        ...budget,
        ...spent,
        leftUsd: Math.round((budget.usd - spent.spentUsd) * 1e9) / 1e9,
        share: spent.spentUsd / budget.usd,
        forecast: typeof forecast === 'string' ? null : forecast,
        why: typeof forecast === 'string' ? forecast : null,
      }
    })
    return { rows: rows.toSorted((a, b) => b.share - a.share) }
  },
})

/** As the policies have them: `everything`, or `task ID`, `team NAME`, `agent NAME`. */
function budgetsIn(set: Budgets): Budget[] {
  return Object.entries(set).flatMap(([scope, amounts]) => {
    const [of, name] = [scope.replace(/ .*/s, ''), scope.replace(/^\S+ ?/, '')]
    return BUDGET_PERIODS.flatMap((period) => {
      const usd = amounts[period]
      return usd === undefined
        ? []
        : [{ of: of as Budget['of'], name: name === '' ? null : name, period, usd }]
    })
  })
}

const of = choice('for what', 'OF', BUDGET_OF, 1)
const name = v.optional(text('which task, team or agent', 'NAME', 2))
const every = v.optional(
  choice('how long it is for: total for a task, else month unless told', 'PERIOD', BUDGET_PERIODS),
)

export interface BudgetSetAnswer extends Omit<Budget, 'usd'> {
  /** Null: there is none any more. */
  usd: number | null
}

export const budgetSet = query({
  summary: 'Sets a budget, in policies.yaml',
  effect: 'writes',
  params: v.strictObject({
    of,
    name,
    usd: v.pipe(
      v.union(
        [
          v.number(),
          v.pipe(
            v.string(),
            v.regex(/^\$?\d+(\.\d+)?$/),
            v.transform((given) => Number(given.replace('$', ''))),
          ),
        ],
        'must be an amount of US dollars',
      ),
      v.minValue(0.01, 'must be at least 0.01'),
      v.maxValue(1e9, 'must be at most 1,000,000,000'),
      v.metadata({ help: { summary: 'US dollars', value: 'AMOUNT' } }),
    ),
    every,
    ...asker,
  }),
  run: (context, given): Promise<BudgetSetAnswer | Refusal> => change(context, given, given.usd),
})

export const budgetRemove = query({
  summary: 'Takes a budget away',
  effect: 'writes',
  creates: false,
  params: v.strictObject({ of, name, every, ...asker }),
  run: (context, given): Promise<BudgetSetAnswer | Refusal> => change(context, given, null),
})

async function change(
  context: Parameters<typeof tasksIn>[0],
  given: { of: Budget['of']; name?: string | undefined; every?: Budget['period'] | undefined } & Parameters<
    typeof askingOf
  >[0],
  usd: number | null,
): Promise<BudgetSetAnswer | Refusal> {
  const { of: what, every: period = what === 'task' ? 'total' : 'month' } = given
  if ((what === 'everything') !== (given.name === undefined))
    return refusal(
      'BAD_PARAMETER',
      what === 'everything' ? 'everything has no name' : `which ${what} is not told`,
      what === 'everything' ? 'leave the name out' : `give its name: budget set ${what} NAME --usd 10`,
    )
  const asking = askingOf(given)
  if (isRefusal(asking)) return asking
  const work = await context.work()
  const { budgets: known } = await work.policies()
  const isSet = (named: string | undefined) => known[scopeOf(what, named)]?.[period] !== undefined
  // What was set under another name can be taken away.
  const isTask = what === 'task' && (usd !== null || !isSet(given.name))
  const whose = isTask ? await carriedTask(context, given.name!) : given.name
  if (isRefusal(whose)) return whose
  if (usd === null && !isSet(whose))
    return refusal(
      'UNKNOWN_BUDGET',
      `${scopeOf(what, whose)} has no budget for ${period}`,
      'see which there are: spanledger budget list',
    )
  await work.configureBudget(scopeOf(what, whose), period, usd, asking)
  return { of: what, name: whose ?? null, period, usd }
}

const scopeOf = (what: Budget['of'], named: string | undefined): string =>
  named === undefined ? what : `${what} ${named}`
