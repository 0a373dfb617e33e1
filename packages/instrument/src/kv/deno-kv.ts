import type { Attributes } from '@spanledger/sdk/record'
import { patch } from '../patch.ts'
import type { Around } from '../patch.ts'
import { recordDb } from './db-telemetry.ts'
import { recordedIteration } from './iteration.ts'

/** The part of Deno.Kv that is needed. */
export interface KvLike {
  get(key: never, ...rest: never[]): Promise<unknown>
  set(key: never, value: unknown, ...rest: never[]): Promise<unknown>
  delete(key: never): Promise<unknown>
}

const SYSTEM = 'deno.kv'

/** Records what is asked of a Deno KV, atomic operations included: `const kv = instrumentKv(await Deno.openKv())`. */
export function instrumentKv<T extends KvLike>(kv: T): T {
  return patch(kv, {
    get: around('get', (value) => ({ 'db.result.found': isFound(value) }), first),
    getMany: around('getMany', foundAmong, ([keys]) => sharedCollection(keys)),
    set: around('set', undefined, first),
    delete: around('delete', undefined, first),
    enqueue: (original, args) =>
      recordDb({ system: SYSTEM, operation: 'enqueue', kind: 'producer' }, () => original(...args)),
    list: (original, args) =>
      recordedIteration(
        { system: SYSTEM, operation: 'list', collection: listed(args[0]) },
        original(...args) as AsyncIterableIterator<unknown>,
      ),
    atomic: (original, args) => instrumentAtomic(original(...args) as object),
  })
}

function instrumentAtomic(atomic: object): object {
  let size = 0
  // These return the atomic operation itself, so that its own, recording commit is called in the end.
  const step: Around = (original, args) => {
    size++
    return original(...args)
  }
  return patch(atomic, {
    check: step,
    mutate: step,
    set: step,
    delete: step,
    sum: step,
    min: step,
    max: step,
    enqueue: step,
    commit: (original, args) =>
      recordDb(
        { system: SYSTEM, operation: 'commit', attributes: { 'db.operation.batch.size': size || undefined } },
        () => original(...args),
        (value) => ({ 'spanledger.db.committed': (value as { ok?: unknown } | undefined)?.ok === true }),
      ),
  })
}

function around(
  operation: string,
  told: ((value: unknown) => Attributes) | undefined,
  collection: (args: unknown[]) => string | undefined,
): Around {
  return (original, args) =>
    recordDb({ system: SYSTEM, operation, collection: collection(args) }, () => original(...args), told)
}

const first = ([key]: unknown[]): string | undefined => collectionOf(key)

/** A key's first part; what follows may be anybody's and is not recorded. Words only: a number or bytes are somebody's id. */
export function collectionOf(key: unknown): string | undefined {
  return Array.isArray(key) && typeof key[0] === 'string' ? key[0] : undefined
}

function sharedCollection(keys: unknown): string | undefined {
  if (!Array.isArray(keys)) return undefined
  const names = new Set(keys.map(collectionOf))
  return names.size === 1 ? [...names][0] : undefined
}

function listed(selector: unknown): string | undefined {
  const { prefix, start, end } = (selector ?? {}) as Record<string, unknown>
  return collectionOf(prefix) ?? collectionOf(start) ?? collectionOf(end)
}

/** An entry that is not there has no version; its value may be null either way. */
const isFound = (entry: unknown): boolean =>
  ((entry as { versionstamp?: unknown } | undefined)?.versionstamp ?? null) !== null

function foundAmong(entries: unknown): Attributes {
  const found = Array.isArray(entries) ? entries.filter(isFound).length : 0
  return { 'db.result.found': found > 0, 'db.response.returned_rows': found }
}
