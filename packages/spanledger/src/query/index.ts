export { segmentsWithoutColumns } from './columns/keep.ts'
export { openQueries, type Queries } from './open-queries.ts'
export {
  choice,
  flag,
  paramsOf,
  type ParamInfo,
  type ParamsSchema,
  parseParams,
  text,
  texts,
  withZonedTimes,
} from './params.ts'
export { plain, plainLines } from './plain.ts'
export { isWriting } from './query.ts'
export { isChangeRefused, isRefusal, type Refusal, refusal } from './refusal.ts'
export { type AnswerOf, QUERIES, type QueryName, queryNamed } from './registry.ts'
export type { TraceAnswer, TraceSpan } from './queries/trace.ts'
export { findingWords } from '../projection/index.ts'
export { refusalOf as refusalOfGit } from './queries/worktrees.ts'
