import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { workWorld, type WorkWorld } from './testing/worlds.ts'

const CLAIMER = fileURLToPath(new URL('testing/claimer.mjs', import.meta.url))
const TASKS = 60
const PROCESSES = 3
const KILLS = 12
/** Every other task has no file; of these one team may hold so many at a time. */
const WIP_LIMIT = 20

let world: WorkWorld
beforeAll(() => {
  execFileSync(process.execPath, [
    join(import.meta.dirname, '../../../../node_modules/typescript/bin/tsc'),
    '-b',
    import.meta.dirname,
  ])
})
beforeEach(async () => {
  world = await workWorld()
})
afterEach(() => world.remove())

/** The ids of the tasks it was told it has, once it is gone. */
async function claimer(agent: string, killAfterMs?: number): Promise<string[]> {
  const repository = join(world.root, '..')
  const child = spawn(process.execPath, [CLAIMER, world.home, repository, agent, String(TASKS)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
  const gone = new Promise<number | null>((resolve) => child.once('close', resolve))
  if (killAfterMs !== undefined) {
    // Counted from its first claim on, or it would hardly ever be in the midst of one.
    await Promise.race([gone, new Promise((resolve) => child.stdout.once('data', resolve))])
    await sleep(killAfterMs)
    child.kill('SIGKILL')
  }
  const code = await gone
  if (killAfterMs === undefined && code !== 0) throw new Error(`${agent} exited with ${code}`)
  return told.split('\n').slice(0, -1)
}

it(
  'of processes that are killed in the midst of claiming, none takes a claim that was acknowledged with it, nor keeps the others waiting',
  { timeout: 120_000 },
  async () => {
    await world.work.configureTeam('web', { wipLimit: WIP_LIMIT })
    for (let n = 0; n < TASKS; n += 2)
      world.write(`backlog/file-${n}.task.md`, `# File ${n}\n\n---\nstatus: todo\n---\n`)
    await world.work.sync()

    const held = new Map<string, string>()
    const run = async (agent: string, killAfterMs?: number): Promise<void> => {
      for (const id of await claimer(agent, killAfterMs)) {
        expect(held.get(id), `${id} was given to two agents`).toBeUndefined()
        held.set(id, agent)
      }
    }
    let started = 0
    const lane = async (): Promise<void> => {
      while (started < KILLS) {
        const agent = `agent-${started++}`
        await run(agent, Math.random() * 40)
      }
    }
    await Promise.all(Array.from({ length: PROCESSES }, lane))
    // Whatever the dead left, the living come through: all that can be claimed is.
    await Promise.all([run('last-1'), run('last-2')])

    await world.work.sync()
    const { state, unrecorded, findings } = await world.work.look()
    expect({ unrecorded, findings }).toEqual({ unrecorded: 0, findings: [] })
    const holders = new Map([...held.keys()].map((id) => [id, state.find(id)?.claim?.agent]))
    expect(holders).toEqual(held)
    const claims = (await world.events()).filter(({ event }) => event === 'TaskClaimed')
    expect(new Set(claims.map(({ stream }) => stream)).size).toBe(claims.length)
    const ofTeam = [...state.present()].filter(({ claim }) => claim?.team === 'web')
    expect(ofTeam).toHaveLength(WIP_LIMIT)
    expect(claims).toHaveLength(TASKS / 2 + WIP_LIMIT)
    // Not a test of processes that were never in the midst of anything.
    expect(held.size).toBeGreaterThan(KILLS)
  },
)
