import { decideClaim, decideComplete, decideProgress, decideRelease } from './claim.ts'
import { decideCreate } from './create.ts'
import type { Decision, Moment } from './decision.ts'
import { decideMove } from './move.ts'
import { decideDelete } from './remove.ts'
import { decideStatus } from './status.ts'
import {
  decideAdopt,
  decideExtract,
  decideParallelize,
  decidePromote,
  decideResequence,
} from './structure.ts'
import { decideUpdate } from './update.ts'

const DECIDERS = {
  create: decideCreate,
  status: decideStatus,
  update: decideUpdate,
  move: decideMove,
  delete: decideDelete,
  promote: decidePromote,
  extract: decideExtract,
  adopt: decideAdopt,
  resequence: decideResequence,
  parallelize: decideParallelize,
  claim: decideClaim,
  progress: decideProgress,
  complete: decideComplete,
  release: decideRelease,
} as const

type Commands = { [Name in keyof typeof DECIDERS]: { do: Name } & Parameters<(typeof DECIDERS)[Name]>[1] }

/** What can be asked of tasks: `{ do: 'status', id, to }`. */
export type Command = Commands[keyof Commands]

/** The events that a command leads to, or its refusal: a function of what is handed in. */
export function decide(moment: Moment, command: Command): Decision {
  const decider = DECIDERS[command.do] as (moment: Moment, command: Command) => Decision
  return decider(moment, command)
}
