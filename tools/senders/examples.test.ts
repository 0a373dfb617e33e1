import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { REGISTER, runProgram } from '../../packages/sdk/src/api/testing/run-program.ts'
import { expectWholeExample, runExample } from '../../packages/instrument/src/testing/example.ts'
import { commandOf } from './sender.ts'

/** How each runtime loads the SDK before a program that is not changed. */
const RUNTIMES = {
  bun: ['--preload', REGISTER],
  deno: ['run', '--allow-all', '--preload', REGISTER],
} as const

test.for(['bun', 'deno'] as const)('the example is one trace with its service on %s', (runtime, { skip }) => {
  const example = runExample([commandOf(runtime, skip)[0]!, ...RUNTIMES[runtime]])
  expect(example.ways).toHaveLength(example.spans.length)
  expectWholeExample(expect, example)
})

test("Deno's own KV is recorded, and answers as it did", ({ skip }) => {
  const program = fileURLToPath(new URL('programs/deno-kv.mjs', import.meta.url))
  const command = [commandOf('deno', skip)[0]!, ...RUNTIMES.deno, '--unstable-kv']
  const { spans, output, status } = runProgram(command, '', {}, program)
  expect([status, output]).toEqual([0, '[["Ada","Grace"],"Ada",null,true,false,null]\n'])
  const names = spans.map(({ name }) => name)
  expect(names).toEqual([
    'set users',
    'set users',
    'list users',
    'getMany users',
    'get users',
    'commit',
    'commit',
    'delete users',
    'get users',
  ])
  expect(spans.at(-1)).toMatchObject({ attrs: { 'db.system.name': 'deno.kv', 'db.result.found': false } })
})
