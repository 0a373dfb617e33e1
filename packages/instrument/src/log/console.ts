import { formatWithOptions, stripVTControlCharacters } from 'node:util'
import { whileLive } from '../while-live.ts'
import { exceptionFields } from './fields.ts'
import type { Fields } from './fields.ts'

/** `trace` tells where it was called: that is for developers. */
const LEVELS = {
  trace: 'debug',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
} as const
type Method = keyof typeof LEVELS

const consoleLogger = whileLive(({ recorder }) => recorder.logger('console'))

/**
 * What is printed by `console.log` and its like also becomes a log record, without the terminal's colours; what is returned puts
 * the console back. What is printed while a record is made, such as by a getter of what was printed, is not recorded.
 */
export function patchConsole(console: Pick<Console, Method> = globalThis.console): () => void {
  let recording = false
  const undo = (Object.keys(LEVELS) as Method[]).map((method) => {
    const print = console[method]
    const patched = (...args: unknown[]): void => {
      const logger = recording ? undefined : consoleLogger()
      if (logger !== undefined) {
        recording = true
        try {
          logger[LEVELS[method]](textOf(args), errorFields(args))
        } finally {
          recording = false
        }
      }
      print.apply(console, args)
    }
    console[method] = patched
    return () => {
      // Somebody who patched it after us keeps theirs.
      if (console[method] === patched) console[method] = print
    }
  })
  return () => {
    for (const undoOne of undo) undoOne()
  }
}

function textOf(args: readonly unknown[]): string {
  try {
    const [first] = args
    if (args.length === 1 && typeof first === 'string') return stripVTControlCharacters(first)
    return stripVTControlCharacters(formatWithOptions({ colors: false }, ...args))
  } catch {
    // A getter or inspector of the printed value threw; printing it will throw the same into the caller.
    return '[unprintable]'
  }
}

function errorFields(args: readonly unknown[]): Fields | undefined {
  const error = args.find((arg) => arg instanceof Error)
  return error && exceptionFields(error)
}
