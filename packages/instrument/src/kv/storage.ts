import type { Attributes } from '@spanledger/sdk/record'
import { patch } from '../patch.ts'
import type { Around } from '../patch.ts'
import { recordDb } from './db-telemetry.ts'

/** The part of an unstorage-like store that is needed. */
export interface StorageLike {
  getItem(key: string, ...rest: never[]): unknown
  setItem(key: string, value: never, ...rest: never[]): unknown
}

export interface StorageOptions {
  /** `db.system.name`; `unstorage` by default. */
  readonly system?: string
}

/** What is asked for, in Deno KV's words. Short names, such as `get`, call these. */
const OPERATIONS: Readonly<Record<string, string>> = {
  getItem: 'get',
  getItemRaw: 'get',
  getItems: 'getMany',
  getMeta: 'getMeta',
  hasItem: 'has',
  setItem: 'set',
  setItemRaw: 'set',
  setItems: 'setMany',
  setMeta: 'setMeta',
  removeItem: 'delete',
  removeMeta: 'deleteMeta',
  getKeys: 'list',
  clear: 'clear',
}

/** Records what is asked of an unstorage-like store. What stands before the first `:` of a key names its collection. */
export function instrumentStorage<T extends StorageLike>(storage: T, options: StorageOptions = {}): T {
  const system = options.system ?? 'unstorage'
  const arounds: Record<string, Around> = {}
  for (const [method, operation] of Object.entries(OPERATIONS)) {
    arounds[method] = (original, args) =>
      recordDb(
        { system, operation, collection: collectionOf(args[0]) },
        () => original(...args),
        (value) => told(operation, value),
      )
  }
  return patch(storage, arounds)
}

function collectionOf(key: unknown): string | undefined {
  if (typeof key !== 'string') return undefined
  const colon = key.search(/[:/]/)
  return colon > 0 ? key.slice(0, colon) : undefined
}

function told(operation: string, value: unknown): Attributes | undefined {
  if (operation === 'get') return { 'db.result.found': value !== null && value !== undefined }
  if (operation === 'has') return { 'db.result.found': value === true }
  if (Array.isArray(value)) return { 'db.response.returned_rows': value.length }
  return undefined
}
