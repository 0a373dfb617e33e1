import { EventEmitter } from 'node:events'
import type { ContextManager, Context as ApiContext } from '@opentelemetry/api'
import { context, contextOf } from '../record/index.ts'

/** OpenTelemetry's active context is ours: whoever asks either API sees the same span. */
export const contextManager: ContextManager = {
  active: () => context.active(),
  with: (active, fn, thisArg, ...args) =>
    context.run(contextOf(active), () => fn.apply(thisArg as never, args)),
  bind<T>(active: ApiContext, target: T): T {
    const bound = contextOf(active)
    if (target instanceof EventEmitter) {
      const emit = target.emit
      // Listeners run in the context, whenever they were added.
      target.emit = function (this: EventEmitter, ...args: Parameters<typeof emit>) {
        return context.run(bound, () => emit.apply(this, args))
      }
      return target
    }
    if (typeof target !== 'function') return target
    const call = target as unknown as (...args: unknown[]) => unknown
    return function (this: unknown, ...args: unknown[]) {
      return context.run(bound, () => call.apply(this, args))
    } as T
  },
  enable: () => contextManager,
  disable: () => contextManager,
}
