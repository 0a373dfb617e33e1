import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { REGISTER, expectWhole, runProgram } from '../../packages/sdk/src/api/testing/run-program.ts'
import { commandOf } from './sender.ts'

/** How each runtime loads the SDK before a program that is not changed. */
const RUNTIMES = {
  bun: ['--preload', REGISTER],
  deno: ['run', '--allow-all', '--preload', REGISTER],
} as const

describe.each(['bun', 'deno'] as const)('the SDK on %s', (runtime) => {
  test.for(['end', 'exit', 'throw', 'term'])(
    'keeps everything when the program ends by %s',
    (how, { skip }) => {
      const [program] = commandOf(runtime, skip)
      const ran = runProgram([program!, ...RUNTIMES[runtime]], how)
      expectWhole(expect, ran)
      expect(ran.status === 0).toBe(how === 'end')
    },
  )

  test("records its own server and fetch as one trace, with the server's route", ({ skip }) => {
    const command = commandOf(runtime, skip).slice(0, 1)
    const server = fileURLToPath(new URL('programs/sdk-server.mjs', import.meta.url))
    const flags = runtime === 'deno' ? ['run', '--allow-all'] : []
    const { spans, status, output } = runProgram([...command, ...flags], 'end', {}, server)
    expect([status, output]).toEqual([0, ''])
    const named = (name: string) => spans.find((span) => span['name'] === name)
    expect(named('query')).toMatchObject({
      trace: named('GET')?.['trace'],
      parent: named('GET /tea/:kind')?.['span'],
    })
    expect(named('GET /tea/:kind')).toMatchObject({
      parent: named('GET')?.['span'],
      attrs: { 'http.route': '/tea/:kind', 'http.response.status_code': 200, 'url.path': '/tea/green' },
    })
  })
})
