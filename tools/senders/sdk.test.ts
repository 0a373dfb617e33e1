import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { runProgram } from '../../packages/sdk/src/api/testing/run-program.ts'
import { commandOf } from './sender.ts'

describe.each(['bun', 'deno'] as const)('the SDK on %s', (runtime) => {
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
