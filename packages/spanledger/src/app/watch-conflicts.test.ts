import { expect, it } from 'vitest'
import { type Conflict, watchConflicts } from './watch-conflicts.ts'

/** Time goes on when somebody waits. */
function clockOf() {
  let nowMs = 0
  const waits: number[] = []
  const clock = {
    monotonicMs: () => nowMs,
    async rest(ms: number, signal?: AbortSignal) {
      waits.push(ms)
      await new Promise<void>((resolve) => setImmediate(resolve))
      if (signal?.aborted !== true) nowMs += ms
    },
  }
  return { clock, waits, spend: (ms: number) => void (nowMs += ms) }
}

const CONFLICT: Conflict = { worktrees: ['a', 'b'], grade: 'same-file' }

it('looks again and again, rarely where looking takes long, and tells what it found last', async () => {
  const { clock, waits, spend } = clockOf()
  const answers: (Conflict[] | Error)[] = [[CONFLICT], new Error('git was locked'), [], [CONFLICT]]
  let allLooked: (() => void) | undefined
  const looked = new Promise<void>((resolve) => (allLooked = resolve))
  const watch = watchConflicts({ clock } as never, async () => {
    spend(answers.length === 3 ? 4_000 : 100)
    const answer = answers.shift()!
    if (answers.length === 0) allLooked?.()
    if (answer instanceof Error) throw answer
    return answer
  })
  await looked
  await new Promise<void>((resolve) => setImmediate(resolve))
  expect(watch.stop()).toEqual([CONFLICT])
  expect(waits.slice(0, 4)).toEqual([10_000, 30_000, 80_000, 30_000])
})
