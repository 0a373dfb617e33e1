import type { Key } from './key.ts'
import type { KEYS, KeyPath } from './keys.ts'

type Flat = { [P in KeyPath]: (typeof KEYS)[P] extends Key<infer T> ? T : never }

type Head<P> = P extends `${infer H}.${string}` ? H : P

/** The part of a flat type under a prefix, without it. */
type Below<T, H extends string> = { [P in keyof T as P extends `${H}.${infer Rest}` ? Rest : never]: T[P] }

/** `{'a.b': X}` -> `{a: {b: X}}`. */
type Nested<T> = { [H in Head<keyof T & string>]: H extends keyof T ? T[H] : Nested<Below<T, H>> }

/** What the SDK does, every setting decided. Durations are milliseconds, sizes bytes, paths absolute. */
export type SdkConfig = Nested<Flat>

/** What code says: any part of it. */
export type PartialConfig = Partly<SdkConfig>

type Partly<T> = { [K in keyof T]?: (T[K] extends Leaf ? T[K] : Partly<T[K]>) | undefined }
type Leaf = string | number | boolean | undefined | readonly unknown[] | Record<string, string>

/** Where a value came from. */
export type Source =
  | { kind: 'code' }
  | { kind: 'environment'; variable: string }
  | { kind: 'project' | 'home'; file: string; line: number }
  | { kind: 'default'; because?: string }

export const sourceText = (source: Source): string => {
  switch (source.kind) {
    case 'code':
      return 'code'
    case 'environment':
      return source.variable
    case 'default':
      return source.because === undefined ? 'default' : `default, since ${source.because}`
    default:
      return source.line === 0 ? source.file : `${source.file}:${source.line}`
  }
}
