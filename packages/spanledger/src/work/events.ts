import type { Fields, Json } from './document/document.ts'
import type { Status } from './words.ts'

/** Where a task's file is: `root` the folder of tasks, absolute; `path` within it, with `/`. */
export interface Place {
  root: string
  path: string
}

/** Who does something. */
export interface By {
  agent: string
  /** The agent's session, where the command was given inside of one. */
  session?: string
  /** Found in the files by comparing, or decided because time passed: nobody said it to Spanledger. */
  noticed?: true
}

interface Of {
  task: string
  by: By
}

/** Where tasks stand from now on: `parent` is a task, `order` the number before the name of a subtask. */
export interface Placement {
  task: string
  place: Place
  parent: string | null
  order: number | null
}

interface Structure extends Of {
  /** All tasks that stand elsewhere because of it. */
  placements: Placement[]
}

export interface Change<T = Json> {
  /** Absent where there was none; so is `after` where there is none any more. */
  before?: T
  after?: T
}

/**
 * What happens to tasks: the data of each event, all in the stream `task-{id}` but TeamConfigured.
 * Source: docs/reference/events.md#tasks-and-work.
 */
export interface WorkEvents {
  TaskCreated: Of & {
    title: string
    fields: Fields
    sections: Record<string, string>
    /** Absent for work that has no file. */
    placement?: Placement
  }
  TaskUpdated: Of & { title?: Change<string>; fields: Record<string, Change> }
  /** `word` is the status in the words of the file; `irregular` one that a command would have refused. */
  TaskStatusChanged: Of & { from: Status; to: Status; word: string; reason?: string; irregular?: true }
  TaskSectionUpdated: Of & { section: string; before: string | null; after: string | null }
  TaskMoved: Structure
  TaskDeleted: Of
  TaskPromoted: Structure
  SubtaskExtracted: Structure
  TaskAdopted: Structure
  SubtasksResequenced: Structure
  SubtasksParallelized: Structure
  /** `leaseUntilUnixNano`: until when the claim holds without a word from the agent. */
  TaskClaimed: Of & { team: string; leaseUntilUnixNano: string; storyPoints?: number }
  TaskProgressed: Of & { progress?: number; leaseUntilUnixNano: string }
  TaskCompleted: Of & { team: string; outcome: Outcome; score?: number; storyPoints?: number }
  TaskReleased: Of & { reason?: string }
  TaskClaimExpired: Of & { holder: string; leaseUntilUnixNano: string }
  TaskChangeRefused: Of & { command: string; code: RefusedCode; message: string; team?: string }
  TeamConfigured: { team: string; before: Fields; after: Fields; by: By }
}

export type WorkEventType = keyof WorkEvents

export const WORK_EVENT_TYPES = [
  'TaskCreated',
  'TaskUpdated',
  'TaskStatusChanged',
  'TaskSectionUpdated',
  'TaskMoved',
  'TaskDeleted',
  'TaskPromoted',
  'SubtaskExtracted',
  'TaskAdopted',
  'SubtasksResequenced',
  'SubtasksParallelized',
  'TaskClaimed',
  'TaskProgressed',
  'TaskCompleted',
  'TaskReleased',
  'TaskClaimExpired',
  'TaskChangeRefused',
  'TeamConfigured',
] as const satisfies WorkEventType[]

/** One event that was decided on, before it has an id and a time. */
export type Draft = { [Type in WorkEventType]: { event: Type; data: WorkEvents[Type] } }[WorkEventType]

/** `done` it is over; `reviewing` others look at it; `failed` it is to be done again. */
export type Outcome = 'done' | 'reviewing' | 'failed'
export const OUTCOMES = ['done', 'reviewing', 'failed'] as const satisfies Outcome[]

/** Why a change is refused. Those that are recorded: see `refuse`. */
export type RefusedCode =
  | 'UNKNOWN_TASK'
  | 'UNKNOWN_AGENT'
  | 'ILLEGAL_STATUS'
  | 'ALREADY_CLAIMED'
  | 'NOT_CLAIMABLE'
  | 'NOT_CLAIMED'
  | 'NOT_YOURS'
  | 'LEASE_EXPIRED'
  | 'BLOCKED'
  | 'WIP_LIMIT'
  | 'CAPACITY'
  | 'STORY_POINTS'
  | 'CYCLE'
  | 'NO_FILE'
  | 'NOT_A_PARENT'
  | 'NOT_A_SUBTASK'
  | 'TASK_EXISTS'
  | 'TASK_UNREADABLE'
  | 'BAD_VALUE'
