export { instrumentAuth } from './auth.ts'
export type { AuthLike, AuthOptions } from './auth.ts'
