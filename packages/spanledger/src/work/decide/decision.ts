import type { By, Draft, RefusedCode } from '../events.ts'
import type { Policies } from '../policies.ts'
import { storyPointsOf, type Task } from '../state.ts'
import type { WorkState } from '../work-state.ts'

/** What a decision may depend on: handed in, so that the same gives the same. */
export interface Moment {
  state: WorkState
  policies: Policies
  nowNano: bigint
  by: By
  /** 0 to 255; picks the letter of a new id. */
  random: number
}

/** One step on the disk; paths are within `root`, with `/`. Done in order after the events are in the ledger. */
export type FileStep = { root: string } & (
  | { do: 'create'; path: string; text: string }
  | { do: 'rename'; from: string; to: string }
  | { do: 'remove'; path: string }
)

export interface Refused {
  code: RefusedCode
  message: string
  /** What to do instead. */
  next: string
}

/** What is to be recorded and done; refused, the only event is the refusal, where it is worth one. */
export interface Decision {
  /** The task that the command was about, or made. */
  task: string
  /** All of `task`'s stream, but a refusal about a task that does not exist. */
  drafts: Draft[]
  steps: FileStep[]
  refused?: Refused
}

export const decided = (task: string, drafts: Draft[], steps: FileStep[] = []): Decision => ({
  task,
  drafts,
  steps,
})

/** Told, but not recorded: a slip of the asker, or losing a race, that changes nothing about the work. */
const UNRECORDED: ReadonlySet<RefusedCode> = new Set([
  'UNKNOWN_TASK',
  'ALREADY_CLAIMED',
  'NO_FILE',
  'NOT_A_PARENT',
  'NOT_A_SUBTASK',
  'TASK_EXISTS',
  'TASK_UNREADABLE',
  'BAD_VALUE',
])

export function refuse(
  { by }: Moment,
  about: { task: string; command: string; team?: string | undefined },
  code: RefusedCode,
  message: string,
  next: string,
): Decision {
  const { task, command, team } = about
  const data = { task, command, code, message, by, ...(team === undefined ? {} : { team }) }
  return {
    task,
    drafts: UNRECORDED.has(code) ? [] : [{ event: 'TaskChangeRefused', data }],
    steps: [],
    refused: { code, message, next },
  }
}

export const unknownTask = (moment: Moment, task: string, command: string): Decision =>
  refuse(moment, { task, command }, 'UNKNOWN_TASK', `there is no task "${task}"`, 'see spanledger task list')

export const points = (task: Task): { storyPoints?: number } => {
  const storyPoints = storyPointsOf(task)
  return storyPoints === undefined ? {} : { storyPoints }
}
