export { instrumentFetch, patchFetch } from './fetch.ts'
