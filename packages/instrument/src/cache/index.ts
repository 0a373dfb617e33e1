export { instrumentCache } from './cache.ts'
export type { CacheLike, CacheOptions, CacheSource } from './cache.ts'
