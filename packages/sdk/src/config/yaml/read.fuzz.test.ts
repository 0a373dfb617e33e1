import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocument, stringify } from 'yaml'
import type { Node } from './node.ts'
import { readSection } from './read.ts'
import { YamlRefusedError } from './refused.ts'

const KEY = 'telemetry'

/** The value as JavaScript has it. */
function plain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'list') return node.items.map(plain)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]))
}

function ours(text: string): { value: unknown; alone: boolean } | undefined {
  try {
    const { value, others } = readSection(text, KEY)
    return { value: value === undefined ? undefined : plain(value), alone: others.length === 0 }
  } catch (error) {
    expect(error).toBeInstanceOf(YamlRefusedError)
    return undefined
  }
}

function oracle(text: string): { value: unknown } | undefined {
  const document = parseDocument(text, { logLevel: 'silent' })
  if (document.errors.length > 0) return undefined
  try {
    return { value: (document.toJS() as Record<string, unknown> | null)?.[KEY] }
  } catch {
    // An alias without its anchor.
    return undefined
  }
}

/**
 * The law: the same value, or a refusal. What YAML itself refuses is refused here too, other keys aside, which are not judged.
 * Answers what was read beside what it should have been.
 */
function compared(text: string): { read: unknown; right: unknown; refused: boolean } {
  const mine = ours(text)
  if (mine === undefined) return { read: undefined, right: undefined, refused: true }
  const truth = oracle(text) ?? (mine.alone ? { value: 'refused' } : mine)
  return { read: mine.value, right: truth.value, refused: false }
}

const word = fc.constantFrom(
  'a',
  'name',
  'x.y',
  'true',
  '1',
  'null',
  'ü',
  'a b',
  '- x',
  'a: b',
  '#c',
  'a #c',
  '"',
  "'",
  '',
  '1.10',
)
const scalar = fc.oneof(
  word,
  fc.string({ maxLength: 12 }),
  fc.boolean(),
  fc.integer(),
  fc.double(),
  fc.constant(null),
)
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3, withCrossShrink: true }, scalar, tie('list'), tie('map')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  map: fc.dictionary(fc.constantFrom('a', 'b', 'service.name', 'x-y', 'A_b', 'enabled'), tie('any'), {
    maxKeys: 4,
  }),
})).any

/** Pieces that meet the rules of YAML at their edges when they are thrown together. */
const PIECES =
  'telemetry:¦telemetry: ¦a:¦b: ¦c: 1¦- ¦-¦  ¦    ¦ ¦\n¦\n¦\n  ¦\n    ¦\n- ¦\n  - ¦[¦]¦{¦}¦,¦, ¦: ¦:¦"¦\'¦"x"¦\'y\'¦#¦ # c¦|¦>¦&a¦*a¦!t¦---¦' +
  '\n---\n¦...¦~¦null¦true¦0x1F¦0o17¦-0¦+1¦1e3¦.5¦1.¦.inf¦-.INF¦.nan¦1_000¦2026-11-21¦http://localhost:4318¦\\n¦\t¦\r\n¦? ¦<<: *a¦x y¦%¦@¦`¦' +
  '\u0085¦\u2028¦\uFEFF¦\u00a0¦- a: 1¦\n  b: 2'
const piece = fc.constantFrom(...PIECES.split('¦'))
const document = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''))

describe('a section of YAML', () => {
  it('is the same value as for a whole YAML reader, or refused: documents of pieces', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('telemetry:', 'telemetry:\n  ', 'a: 1\ntelemetry:\n  x: ', ''),
        document,
        (head, tail) => {
          const { read, right } = compared(head + tail)
          expect(read).toEqual(right)
        },
      ),
      {
        numRuns: 20_000,
      },
    )
  })

  it('is the same, or refused: written by the oracle, then damaged', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(3), piece)
    fc.assert(
      fc.property(
        value,
        fc.array(damage, { maxLength: 2 }),
        fc.constantFrom(undefined, 'flow' as const),
        (given, damages, flow) => {
          let text = stringify(
            { other: [1], [KEY]: given, z: 1 },
            flow === undefined ? {} : { collectionStyle: flow },
          )
          for (const [at, length, insert] of damages) {
            const place = at % (text.length + 1)
            text = text.slice(0, place) + insert + text.slice(place + length)
          }
          const { read, right } = compared(text)
          expect(read).toEqual(right)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('is read where it is JSON', () => {
    const json = fc
      .oneof(value, fc.jsonValue({ maxDepth: 3 }))
      .map((each) => JSON.parse(JSON.stringify(each)) as unknown)
    fc.assert(
      fc.property(json, fc.constantFrom(undefined, 2), (given, indent) => {
        const text = JSON.stringify({ [KEY]: given, other: {} }, undefined, indent)
        // DEL, C1 and the like may stand in JSON as they are; they are refused here.
        if (/[\u007f-\u009f\u2028\u2029\ufeff]/.test(text) || /"[^"]{250,}":/.test(text)) return
        expect(compared(text)).toMatchObject({ read: given, right: given, refused: false })
      }),
      { numRuns: 2_000 },
    )
  })
})
