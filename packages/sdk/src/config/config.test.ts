import { expect, expectTypeOf, test } from 'vitest'
import type { SdkConfig } from './config.ts'
import type { Key } from './key.ts'
import { type KEYS, type KeyPath, TABLE } from './keys.ts'
import { resolveConfig } from './resolve.ts'

type Flat = { [P in KeyPath]: (typeof KEYS)[P] extends Key<infer T> ? T : never }

type Head<P> = P extends `${infer H}.${string}` ? H : P

/** The part of a flat type under a prefix, without it. */
type Below<T, H extends string> = { [P in keyof T as P extends `${H}.${infer Rest}` ? Rest : never]: T[P] }

/** `{'a.b': X}` -> `{a: {b: X}}`. */
type Nested<T> = { [H in Head<keyof T & string>]: H extends keyof T ? T[H] : Nested<Below<T, H>> }

test('the configuration has the keys of the table, and of their kinds', () => {
  // The kinds are checked by the compiler: npm run typecheck.
  expectTypeOf<Nested<Flat>>().branded.toEqualTypeOf<SdkConfig>()
  const { config } = resolveConfig({ env: {}, cwd: '/', readFile: () => undefined })
  for (const path of Object.keys(TABLE)) expect(config).toHaveProperty(path)
})
