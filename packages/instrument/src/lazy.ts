import { isPromise } from './promise.ts'

/** Of a query builder: it runs when it is awaited, and as often. */
export type Lazy = PromiseLike<unknown> & object

export const isLazy = (value: unknown): value is Lazy => !(value instanceof Promise) && isPromise(value)

/** Has each run of `lazy` made by `around`, in place: whoever builds on goes on with the same object. Returns whether it could. */
export function aroundRuns(lazy: Lazy, around: (run: () => Promise<unknown>) => Promise<unknown>): boolean {
  const { then } = lazy
  const run = (): Promise<unknown> =>
    new Promise((resolve, reject) => void Reflect.apply(then, lazy, [resolve, reject]))
  const value: typeof then = (done, failed) => around(run).then(done, failed)
  // oxlint-disable-next-line unicorn/no-thenable -- it has one
  return Reflect.defineProperty(lazy, 'then', { value, writable: true, configurable: true })
}
