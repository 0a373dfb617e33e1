export { type Carrier, parseCarrier } from './carrier.ts'
export type { Command } from './decide/decide.ts'
export { isParent, WORKFLOWS } from './decide/move.ts'
export { type Fields, type Json } from './document/document.ts'
export { type Outcome, OUTCOMES, type RefusedCode, WORK_EVENT_TYPES } from './events.ts'
export type { Finding } from './files/folder.ts'
export { listTemplates, type Template, templateText } from './files/templates.ts'
export { findTask, isNoTask, type NoTask } from './find-task.ts'
export { followTasks } from './follow.ts'
export { type Budgets, type Policies, priorityOfTask, type TeamPolicies, wipLimitOf } from './policies.ts'
export type { Asking } from './record.ts'
export { search } from './search.ts'
export {
  assigneeOf,
  dependenciesOf,
  DEPENDS_ON,
  isHeld,
  storyPointsOf,
  type Task,
  teamOf,
  typeOf,
} from './state.ts'
export { workFigures, type WorkFigures, type WorkStats, workStats } from './stats.ts'
export type { Team } from './team.ts'
export { isOver, PRIORITIES, type Priority, type Status, STATUSES, statusOf, TYPES } from './words.ts'
export type { WorkState } from './work-state.ts'
export { Work } from './work.ts'
