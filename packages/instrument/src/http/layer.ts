import type { Context, Span, Tracer } from '@spanledger/sdk/record'
import { isClientError } from '../error-type.ts'
import { isPromise } from '../promise.ts'
import type { Exchange } from './exchange.ts'

export type LayerKind = 'middleware' | 'controller'

/** One function that serves a part of a request. What it calls, the next layers included, lies within its span. */
export class Layer {
  /** The layer runs in it. */
  readonly context: Context
  readonly parent: Context
  readonly #exchange: Exchange
  readonly #span: Span

  constructor(exchange: Exchange, tracer: Tracer, parent: Context, kind: LayerKind, name: string) {
    this.#exchange = exchange
    this.parent = parent
    this.#span = tracer.startSpan(
      `${kind} ${name}`,
      { attributes: { 'code.function.name': name, 'spanledger.http.layer': kind } },
      parent,
    )
    this.context = parent.withSpan(this.#span)
  }

  /**
   * Ends the span when `fn` is over: when it returns, or its promise settles. `answered` then tells of an error that was turned
   * into an answer already.
   */
  run<T>(fn: () => T, answered?: () => unknown): T {
    try {
      const result = this.#exchange.run(fn, this.context)
      if (!isPromise(result)) {
        this.#over(answered)
        return result
      }
      return result.then(
        (value) => {
          this.#over(answered)
          return value
        },
        (error: unknown) => {
          this.failed(error)
          throw error
        },
      ) as T
    } catch (error) {
      this.failed(error)
      throw error
    }
  }

  #over(answered: (() => unknown) | undefined): void {
    const error = answered?.()
    if (error !== undefined) this.noted(error)
    this.end()
  }

  /** A refusal with a status of 4xx is the client's error, not the layer's. */
  failed(error: unknown): void {
    this.noted(error)
    this.end()
  }

  /** An error that was answered already, so the layer goes on. */
  noted(error: unknown): void {
    this.#exchange.failed(error, this.#span)
    if (!isClientError(error))
      this.#span.setStatus('error', error instanceof Error ? error.message : undefined)
  }

  /** Again: nothing. */
  end(): void {
    this.#span.end()
  }
}
