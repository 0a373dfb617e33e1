export { plainAttributes } from './attributes.ts'
export type * from './event.ts'
export type * from './lines.ts'
