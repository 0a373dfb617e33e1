export type * from './event.ts'
export type * from './lines.ts'
