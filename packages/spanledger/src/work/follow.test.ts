import { nodePlatform } from '@spanledger/sdk/platform'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { followTasks } from './follow.ts'
import { workWorld, type WorkWorld } from './testing/worlds.ts'

let world: WorkWorld
beforeEach(async () => {
  world = await workWorld()
})
afterEach(() => world.remove())

it('records edits as they are made, and gives back what an agent left, until it is stopped', async () => {
  const claimed = await world.as('ada')({ do: 'claim', type: 'bug', title: 'Left', fields: {} })
  expect(claimed).toMatchObject({ task: { status: 'in_progress' } })
  world.pass(31 * 60_000)
  const end = new AbortController()
  const warnings: string[] = []
  const following = followTasks(nodePlatform(), await world.another(), {
    signal: end.signal,
    warn: (message) => void warnings.push(message),
  })
  const types = async (): Promise<string[]> => (await world.events()).map(({ event }) => event)
  await expect.poll(types).toContain('TaskClaimExpired')
  world.write('current/one-11A.task.md', '# One\n')
  await expect.poll(async () => (await types()).at(-1)).toBe('TaskCreated')
  world.write('current/one-11A.task.md', '# Two\n')
  await expect.poll(types).toContain('TaskUpdated')
  end.abort()
  await following
  expect(warnings).toEqual([])
})
