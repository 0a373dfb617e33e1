import type { Exchange } from './exchange.ts'

type Emit = (this: unknown, ...args: unknown[]) => unknown

/**
 * What listens to `emitter` runs within the exchange, whoever emits: a socket does so from outside of it. Listeners are left as
 * they are, so that they can be removed, and what is emitted deeper within the exchange stays there.
 */
export function emitWithin(exchange: Exchange, emitter: { emit?: unknown }): void {
  const { emit } = emitter
  if (typeof emit !== 'function') return
  const original = emit as Emit
  const within: Emit = function (...args) {
    return exchange.isActive() ? original.apply(this, args) : exchange.run(() => original.apply(this, args))
  }
  Object.defineProperty(emitter, 'emit', { value: within, writable: true, configurable: true })
}
