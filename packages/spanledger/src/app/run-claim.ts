import type { NewEvent } from '@spanledger/sdk/model'
import type { Platform } from '@spanledger/sdk/platform'
import type { OnSuccess } from '../cli/index.ts'
import type { Refusal } from '../query/index.ts'
import { type Ended, wasStopped } from '../run/index.ts'
import type { Asking, Work } from '../work/index.ts'
import { lookEvery } from './beside.ts'

/** A task that a run works on. */
export interface RunClaim {
  /** Whole, where the beginning of it was given. */
  task: string
  /** For the command, so that its own words about the task are of the same agent and lineage. */
  env: Record<string, string>
  /** That the run's own events have in common with the claim. */
  meta: NonNullable<NewEvent['meta']>
  /** Completes the task, or gives it back, unless the agent did so itself. Never throws. */
  end(ended: Ended): Promise<void>
}

interface ClaimOptions {
  task: string
  asking: Partial<Asking>
  onSuccess: OnSuccess
  /** Another run of this task, under the same name, that is at work; its id. */
  rival: (task: string) => Promise<string | undefined>
}

/** A lease is renewed when a third of it has passed: two renewals may fail before it runs out. */
const RENEWALS_PER_LEASE = 3
const RENEW_MS_MIN = 1_000

/**
 * Claims a task for as long as a run works on it.
 *
 * Undefined  there is no such task here: its id is one of somebody else's, which the run carries all the same
 * Refuses    as `work claim`, before the command starts
 */
export async function claimForRun(
  platform: Pick<Platform, 'clock'>,
  work: Work,
  options: ClaimOptions,
  warn: (message: string) => void,
): Promise<RunClaim | Refusal | undefined> {
  const { asking, onSuccess } = options
  const id = await work.wholeId(options.task)
  if (typeof id !== 'string') {
    const { code, ...rest } = id
    return code === 'UNKNOWN_TASK' ? undefined : { refused: code, ...rest }
  }
  const ran = await work.run({ do: 'claim', id }, asking)
  if ('refused' in ran) {
    const { code, message, next } = ran.refused
    return code === 'UNKNOWN_TASK' ? undefined : { refused: code, message, next }
  }
  const { task, carrier } = ran
  if (task.place !== undefined && (await work.elsewhere()).has(task.place.root))
    warn(`${id} is a task of another folder: ${task.place.root}`)
  const agent = task.claim!.agent
  const isOurs = ran.events.some(({ event }) => event === 'TaskClaimed')
  const rival = isOurs ? undefined : await options.rival(id)
  if (rival !== undefined)
    return {
      refused: 'ALREADY_CLAIMED',
      message: `${id} is claimed by ${agent}, in run ${rival}`,
      next: `wait for it, end it (spanledger runs stop ${rival}), or take another name: SPANLEDGER_AGENT=NAME`,
    }
  const leaseMs = Number(task.claim!.leaseUntilNano / 1_000_000n) - platform.clock.nowMs()
  const everyMs = Math.max(RENEW_MS_MIN, leaseMs / RENEWALS_PER_LEASE)
  const renewing = lookEvery(
    platform,
    { firstMs: everyMs, everyMs },
    async () => void (await work.run({ do: 'progress', id }, asking)),
    (error) => warn(`the lease of ${id} could not be renewed: ${error.message}`),
  )
  return {
    task: id,
    meta: {
      ...(carrier.correlationId === undefined ? {} : { correlationId: carrier.correlationId }),
      causationId: task.lastEvent,
    },
    env: {
      SPANLEDGER_AGENT: agent,
      SPANLEDGER_CARRIER: JSON.stringify(carrier),
    },
    async end(ended) {
      await renewing.stop()
      try {
        const refused = await settle(work, id, { agent, asking, onSuccess, ended })
        if (refused !== undefined) warn(`${id}: ${refused}`)
      } catch (error) {
        warn(`the end of work on ${id} could not be recorded: ${(error as Error).message}`)
      }
    },
  }
}

/** Undefined, or why not. */
async function settle(
  work: Work,
  id: string,
  about: { agent: string; asking: Partial<Asking>; onSuccess: OnSuccess; ended: Ended },
): Promise<string | undefined> {
  const { agent, asking, onSuccess, ended } = about
  // The agent, or somebody else, has said meanwhile how the task goes on.
  if ((await work.known()).find(id)?.claim?.agent !== agent) return undefined
  const { exitCode, signal } = ended
  if (exitCode === 0 && onSuccess === 'keep') return undefined
  const how = signal === null ? `exit ${exitCode}` : signal
  const command =
    wasStopped(ended) || (exitCode === 0 && onSuccess === 'release')
      ? ({ do: 'release', id, reason: `its run ended: ${how}` } as const)
      : ({
          do: 'complete',
          id,
          outcome: exitCode === 0 ? (onSuccess as 'done' | 'reviewing') : 'failed',
        } as const)
  const ran = await work.run(command, asking)
  return 'refused' in ran ? ran.refused.message : undefined
}
