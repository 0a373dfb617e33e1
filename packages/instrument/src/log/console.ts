import { recordConsole } from '@spanledger/sdk/record'
import type { ConsoleLike } from '@spanledger/sdk/record'
import { whileLive } from '../while-live.ts'

const consoleLogger = whileLive(({ recorder }) => recorder.logger('console'))

/**
 * What is printed by `console.log` and its like also becomes a log record; what is returned puts the console back. Of the process's
 * console the setting `logs.console` does the same.
 */
export const patchConsole = (console: ConsoleLike = globalThis.console): (() => void) =>
  recordConsole(console, consoleLogger)
