import { readFileSync } from 'node:fs'

/** Of the package, read from where it stands: this file is dist/app/version.js or src/app/version.ts. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
