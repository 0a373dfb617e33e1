import type { QueryContext } from '../context.ts'
import type { Known, ThingKind } from './asked.ts'
import { worktreesAt } from './worktree-history.ts'

/** All there ever were, the deleted and removed ones too. */
export const KNOWN: Record<ThingKind, (context: QueryContext) => Promise<Known[]>> = {
  async task(context) {
    const { tasks } = await (await context.work()).known()
    return [...tasks.values()].map(({ id, createdNano }) => ({ id, beganNano: createdNano }))
  },
  async team(context) {
    const { teams } = await (await context.work()).known()
    return [...teams].map(([id, { sinceNano }]) => ({ id, beganNano: sinceNano }))
  },
  async worktree(context) {
    return [...(await worktreesAt(context)).values()]
  },
}
