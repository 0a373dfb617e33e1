import type { Attributes } from '@spanledger/sdk/record'
import { runOperation, telemetryOf } from '../operation.ts'
import { patch } from '../patch.ts'
import type { Around } from '../patch.ts'
import { whileLive } from '../while-live.ts'

/** The part of a cache that is needed; a Map fits. */
export interface CacheLike {
  get(key: never, ...rest: never[]): unknown
  set(key: never, value: never, ...rest: never[]): unknown
}

export type CacheSource = 'memory' | 'kv'

export interface CacheOptions {
  /** Tells caches of one program apart. */
  readonly name?: string
  /** Where entries come from; asked after each `get` when caches lie behind one another. `memory` by default. */
  readonly source?: CacheSource | ((key: unknown) => CacheSource | undefined)
  /** How a key is shown; undefined where it must not be, such as a session's token. The whole key by default. */
  readonly showKey?: (key: unknown) => string | undefined
}

/** Longer keys are cut where they are shown. */
const KEY_MAX = 256

const cacheTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'cache')
  const { meter } = telemetry
  const count = { unit: '{request}', valueType: 'int' } as const
  return {
    ...telemetry,
    hits: meter.createCounter('cache.hits', { ...count, description: 'Reads that found an entry.' }),
    misses: meter.createCounter('cache.misses', { ...count, description: 'Reads that found none.' }),
    duration: meter.createHistogram('cache.operation.duration', {
      unit: 's',
      description: 'Duration of cache operations.',
    }),
  }
})

type CacheOperation = 'get' | 'set' | 'delete' | 'clear'

/** Records what is asked of a cache, synchronous or not: get, set, delete and clear. */
export function instrumentCache<T extends CacheLike>(cache: T, options: CacheOptions = {}): T {
  return patch(cache, {
    get: around('get', options),
    set: around('set', options),
    delete: around('delete', options),
    clear: around('clear', options),
  })
}

function around(operation: CacheOperation, options: CacheOptions): Around {
  return (original, args) => {
    const telemetry = cacheTelemetry()
    if (telemetry === undefined) return original(...args)
    const [key] = args
    return runOperation<unknown>(
      telemetry,
      {
        name: `cache.${operation}`,
        attributes: {
          'cache.name': options.name,
          'cache.key': operation === 'clear' ? undefined : shown(key, options),
          'cache.ttl': operation === 'set' ? ttlOf(args[2]) : undefined,
        },
        done(span, { seconds, value, errorType }) {
          const hit =
            operation === 'get' && errorType === undefined ? value !== undefined && value !== null : undefined
          const common: Attributes = {
            'cache.operation': operation,
            'cache.name': options.name,
            'cache.source': sourceOf(key, options),
          }
          span.setAttributes({ ...common, 'cache.hit': hit })
          telemetry.duration.record(seconds, { ...common, 'error.type': errorType })
          if (hit !== undefined) (hit ? telemetry.hits : telemetry.misses).add(1, common)
        },
      },
      () => original(...args),
    )
  }
}

function sourceOf(key: unknown, { source = 'memory' }: CacheOptions): CacheSource | undefined {
  return typeof source === 'function' ? source(key) : source
}

function shown(key: unknown, { showKey }: CacheOptions): string | undefined {
  try {
    return (showKey ? showKey(key) : typeof key === 'string' ? key : JSON.stringify(key))?.slice(0, KEY_MAX)
  } catch {
    return undefined
  }
}

/** In the cache's own unit: a number, or in an object under one of the common names. */
function ttlOf(third: unknown): number | undefined {
  if (typeof third === 'number') return third
  const { ttl, ttlMs, expireIn, maxAge } = (third ?? {}) as Record<string, unknown>
  return [ttl, ttlMs, expireIn, maxAge].find((value) => typeof value === 'number') as number | undefined
}
