import { formatWithOptions, stripVTControlCharacters } from 'node:util'
import type { Attributes } from './attributes.ts'
import type { Logger } from './log.ts'
import { exceptionAttributes } from './span.ts'

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
// oxlint-disable-next-line typescript/no-explicit-any -- as the console takes them
export type ConsoleLike = Record<Method, (...said: any[]) => void>

/**
 * What is printed by `console.log` and its like also becomes a log record, without the terminal's colours; what is returned puts
 * the console back. What is printed while a record is made, such as by a getter of what was printed, is not recorded.
 *
 * logger  Undefined while nothing is recorded.
 * prints  False: while it is recorded it is not printed.
 *
 * @internal
 */
export function recordConsole(
  console: ConsoleLike,
  logger: () => Logger | undefined,
  prints = true,
): () => void {
  let recording = false
  const undo = (Object.keys(LEVELS) as Method[]).map((method) => {
    const print = console[method]
    const patched = (...args: unknown[]): void => {
      const to = recording ? undefined : logger()
      if (to !== undefined) {
        recording = true
        try {
          to[LEVELS[method]](textOf(args), errorIn(args))
        } finally {
          recording = false
        }
      }
      if (prints || to === undefined) print.apply(console, args)
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

function errorIn(args: readonly unknown[]): Attributes | undefined {
  const error = args.find((arg) => arg instanceof Error)
  return error && exceptionAttributes(error)
}
