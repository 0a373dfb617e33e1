import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { EditRefusedError, type Scalar, setInYaml } from './edit-yaml.ts'

const PATH = ['telemetry', 'sampling', 'probability']

describe('one value in a document', () => {
  it.each([
    ['', 'telemetry:\n  sampling:\n    probability: 0.5\n'],
    ['# mine', '# mine\ntelemetry:\n  sampling:\n    probability: 0.5\n'],
    [
      'receive:   # ports\n    port: 1      # why\n\n# end\n',
      'receive:   # ports\n    port: 1      # why\ntelemetry:\n  sampling:\n    probability: 0.5\n\n# end\n',
    ],
    [
      'telemetry:   # ours\n  # below\n',
      'telemetry:   # ours\n  sampling:\n    probability: 0.5\n  # below\n',
    ],
    [
      'telemetry:\n    level: warn # x\nz: 1',
      'telemetry:\n    level: warn # x\n    sampling:\n      probability: 0.5\nz: 1',
    ],
    [
      "telemetry:\n  sampling: {probability:   '1' , rules: [] } # x\n",
      'telemetry:\n  sampling: {probability:   0.5 , rules: [] } # x\n',
    ],
    ['telemetry: {}\n', 'telemetry: { sampling: { probability: 0.5 } }\n'],
    ['telemetry: { level: warn }\n', 'telemetry: { level: warn, sampling: { probability: 0.5 } }\n'],
    ['{"telemetry": {"sampling": {"probability": 1}}}', '{"telemetry": {"sampling": {"probability": 0.5}}}'],
    [
      'telemetry:\r\n  sampling:\r\n    sampler: probability\r\n',
      'telemetry:\r\n  sampling:\r\n    sampler: probability\r\n    probability: 0.5\r\n',
    ],
    [
      'telemetry:\n  sampling:\n    probability: # none\n',
      'telemetry:\n  sampling:\n    probability: 0.5 # none\n',
    ],
    [
      'telemetry:\n  sampling:\n    rules:\n    - name: x\n',
      'telemetry:\n  sampling:\n    rules:\n    - name: x\n    probability: 0.5\n',
    ],
    [
      'a: |\n  text\n  more\n\nb: 1\n',
      'a: |\n  text\n  more\n\nb: 1\ntelemetry:\n  sampling:\n    probability: 0.5\n',
    ],
  ])('%j becomes %j', (before, after) => {
    expect(setInYaml(before, PATH, 0.5)).toBe(after)
  })

  it.each([
    '- a\n',
    'telemetry: on\n',
    'telemetry:\n  sampling: &a {}\nx: *a\nb: [',
    'telemetry:\n  sampling:\n    probability: [1]\n',
    'telemetry:\n  sampling:\n    probability: &p 1\nx: *p\n',
  ])('of %j is left to its writer', (text) => {
    expect(() => setInYaml(text, PATH, 0.5)).toThrow(EditRefusedError)
  })

  it('is there afterwards, and everything else as before', () => {
    const word = fc.constantFrom('a', 'b', 'telemetry', 'sampling', 'probability', 'x-y')
    const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null))
    const { tree } = fc.letrec((tie) => ({
      tree: fc.dictionary(
        word,
        fc.oneof({ maxDepth: 3 }, leaf, fc.array(leaf, { maxLength: 3 }), tie('tree')),
        { maxKeys: 4 },
      ),
    }))
    const value = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).filter((n) => !Object.is(n, -0)),
      fc.boolean(),
      fc.constantFrom('http://localhost:4318', 'yes', '1', 'a: b', 'null'),
    )
    const style = fc.constantFrom(
      {},
      { collectionStyle: 'flow' as const },
      { indent: 4 },
      { indentSeq: false },
      { commentString: (text: string) => text, lineWidth: 20 },
    )
    fc.assert(
      fc.property(
        tree,
        fc.array(word, { minLength: 1, maxLength: 3 }),
        value,
        style,
        fc.boolean(),
        (given, path, wanted: Scalar, how, comments) => {
          const text = stringify(given, how).replaceAll(/(?<=\d)$/gm, comments ? '   # a comment' : '')
          let edited: string
          try {
            edited = setInYaml(text, path, wanted)
          } catch (error) {
            if (error instanceof EditRefusedError) return
            throw error
          }
          expect(parse(edited)).toEqual(withValue(parse(text) as object, path, wanted))
          // Nothing is taken away but the value itself.
          const kept = text.split('\n').filter((line) => !edited.split('\n').includes(line))
          expect(kept.length).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 3000 },
    )
  })
})

function withValue(tree: object | null, [first, ...rest]: readonly string[], value: Scalar): object {
  const below = (tree as Record<string, object> | null)?.[first!] ?? null
  return { ...tree, [first!]: rest.length === 0 ? value : withValue(below, rest, value) }
}
