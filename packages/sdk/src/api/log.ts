import type { Attributes } from '../record/index.ts'
import { live } from './live.ts'

/**
 * Log records, each tied to the active span: a message, which may be any value or an Error, and attributes. What is below the
 * level recording was started with is not made.
 */
export const log = {
  trace(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.trace(message, attributes)
  },
  debug(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.debug(message, attributes)
  },
  info(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.info(message, attributes)
  },
  warn(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.warn(message, attributes)
  },
  error(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.error(message, attributes)
  },
  fatal(message: unknown, attributes?: Attributes): void {
    if (live !== undefined) live.logger.fatal(message, attributes)
  },
}
