import type { Kind } from './kind.ts'

/** One row of the table: a setting and everything there is to say about it. */
export interface Key<T> {
  kind: Kind<NonNullable<T>>
  default: T | Derived<T>
  /** Standard variables; each key also has its own, `SPANLEDGER_` and its path. The first that is set counts. */
  env: readonly Variable[]
  /** Never shown. */
  secret: boolean
}

export interface Variable {
  name: string
  /** Read on Deno only. */
  deno?: true
  /** The text as the key's own variable would have it; undefined where it says nothing. */
  as?(text: string): string | undefined
  /** Says nothing unless this other variable is set. */
  with?: string
}

/** A default that follows from other keys. */
export interface Derived<T> {
  derive(get: Get): { value: T; because?: string | undefined }
}

/** The effective value of another key, and whether somebody set it. */
export type Get = (path: string) => { value: unknown; isSet: boolean }

// oxlint-disable-next-line typescript/no-explicit-any -- a row of any type
export type AnyKey = Key<any>

interface More {
  env?: readonly (string | Variable)[]
  secret?: true
}

const row = <T>(kind: Kind<NonNullable<T>>, fallback: Key<T>['default'], more: More): Key<T> => ({
  kind,
  default: fallback,
  env: (more.env ?? []).map((variable) => (typeof variable === 'string' ? { name: variable } : variable)),
  secret: more.secret ?? false,
})

export const key = <T extends NonNullable<unknown>>(
  kind: Kind<T>,
  fallback: NoInfer<T> | Derived<NoInfer<T>>,
  more: More = {},
): Key<T> => row<T>(kind, fallback, more)

/** A key that nothing stands for when nobody sets it. */
export const optional = <T extends NonNullable<unknown>>(
  kind: Kind<T>,
  more: More & { default?: Derived<NoInfer<T> | undefined> } = {},
): Key<T | undefined> => row<T | undefined>(kind as Kind<NonNullable<T>>, more.default, more)

/** A table under a prefix. */
export function under<P extends string, const T extends Record<string, AnyKey>>(
  prefix: P,
  table: T,
): { [K in keyof T & string as `${P}.${K}`]: T[K] } {
  return Object.fromEntries(Object.entries(table).map(([path, each]) => [`${prefix}.${path}`, each])) as never
}

export const isDerived = <T>(value: T | Derived<T>): value is Derived<T> =>
  typeof value === 'object' && value !== null && 'derive' in value

/** `exporters.otlp.clientKey` -> `SPANLEDGER_EXPORTERS_OTLP_CLIENT_KEY`. */
export const variableOf = (path: string): string =>
  `SPANLEDGER_${path
    .replaceAll(/[A-Z]/g, (letter) => `_${letter}`)
    .replaceAll('.', '_')
    .toUpperCase()}`
