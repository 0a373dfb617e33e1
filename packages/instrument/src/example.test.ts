import { expect, it } from 'vitest'
import { preloading, REGISTER } from '../../sdk/src/api/testing/run-program.ts'
import { expectWholeExample, runExample } from './testing/example.ts'

it('the example: an agent, its tool, the service it starts, its route, query and job are one trace', () => {
  const example = runExample(preloading(REGISTER))
  expect(example.ways).toHaveLength(example.spans.length)
  expectWholeExample(expect, example)
})
