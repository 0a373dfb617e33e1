import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spanTree, walk } from './span-tree.ts'

const span = (id: string, parent?: string, start = '100') => ({
  span: id,
  start,
  ...(parent === undefined ? {} : { parent }),
})
const shape = (spans: ReturnType<typeof span>[]): string[] => {
  const tree = spanTree(spans)
  const lines = [...walk(tree.roots)].map(({ node, depth }) => '-'.repeat(depth) + node.span.span)
  for (const { parent, children } of tree.orphans) {
    lines.push(`?${parent}`)
    for (const { node, depth } of walk(children, 1)) lines.push('-'.repeat(depth) + node.span.span)
  }
  return lines
}

describe('the tree of a trace', () => {
  it('puts children under their parent, by start', () => {
    expect(
      shape([span('c', 'a', '30'), span('a', undefined, '10'), span('b', 'a', '20'), span('d', 'b', '25')]),
    ).toEqual(['a', '-b', '--d', '-c'])
  })

  it('compares starts as numbers', () => {
    expect(shape([span('a', undefined, '9'), span('b', undefined, '10')])).toEqual(['a', 'b'])
  })

  it('gathers spans whose parent is missing under that parent', () => {
    expect(
      shape([span('b', 'x', '20'), span('a', undefined, '10'), span('c', 'x', '30'), span('d', 'y', '40')]),
    ).toEqual(['a', '?x', '-b', '-c', '?y', '-d'])
  })

  it('shows a span told twice once, as it was told last', () => {
    const tree = spanTree([span('a', undefined, '10'), span('b', 'a', '20'), span('b', 'a', '30')])
    expect(tree.duplicates).toBe(1)
    expect(tree.roots[0]!.children.map(({ span: s }) => s.start)).toEqual(['30'])
  })

  it('cuts circles instead of losing what is in them', () => {
    expect(shape([span('a', 'b', '10'), span('b', 'a', '20'), span('c', 'b', '30')])).toEqual([
      '?b',
      '-a',
      '--b',
      '---c',
    ])
    expect(shape([span('a', 'a')])).toEqual(['?a', '-a'])
  })

  it('is as deep as the trace is', () => {
    const chain = Array.from({ length: 40_000 }, (_, i) =>
      span(String(i), i === 0 ? undefined : String(i - 1), String(i)),
    )
    expect([...walk(spanTree(chain).roots)].at(-1)!.depth).toBe(39_999)
  })

  it('holds every id once, and does not depend on the order of the lines', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f')
    const spans = fc.uniqueArray(
      fc.record({
        span: id,
        parent: fc.option(id, { nil: undefined }),
        start: fc.constantFrom('1', '2', '10'),
      }),
      { selector: (s) => s.span },
    )
    fc.assert(
      fc.property(spans, fc.nat(), (given, turn) => {
        const lines = given.map(({ span: s, parent, start }) => span(s, parent, start))
        const shown = shape(lines)
        expect(
          shown
            .filter((line) => !line.startsWith('?'))
            .map((line) => line.replaceAll('-', ''))
            .toSorted(),
        ).toEqual(given.map((s) => s.span).toSorted())
        const by = lines.length === 0 ? 0 : turn % lines.length
        expect(shape([...lines.slice(by), ...lines.slice(0, by)].toReversed())).toEqual(shown)
      }),
    )
  })
})
