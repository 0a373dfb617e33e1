import { execFile } from 'node:child_process'
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, describe, expect, it } from 'vitest'
import type { SessionDetail } from '../../projection/index.ts'

const exec = promisify(execFile)
const PROGRAM = fileURLToPath(new URL('../../../bin/spanledger.js', import.meta.url))
const run = async (...args: string[]): Promise<string> =>
  (await exec(process.execPath, [PROGRAM, ...args], { env: { ...process.env, COLUMNS: '100' } })).stdout

const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

describe('spanledger demo', () => {
  it('records an agent that really works, answers from the record, and says that it is a demo', async () => {
    const told = await run('demo')
    const home = / --home (\S+home)\n/.exec(told)![1]!
    folders.push(dirname(home))
    expect(told).toMatch(/^This is a demo/)
    expect(told).toContain('$ spanledger session show last')

    const session = JSON.parse(
      await run('session', 'show', 'last', '--json', '--home', home),
    ) as SessionDetail
    expect(session).toMatchObject({
      agent: 'spanledger-demo-agent',
      status: 'completed',
      modelCalls: 9,
      toolCalls: 6,
      // The test of the repository failed before the fix, and only then: the tools are real.
      failedToolCalls: 1,
      subagents: 1,
      tokens: { input: 23_500, output: 630, cacheRead: 18_048 },
    })
    expect(session.workingDirectory).toBe(`${dirname(home)}/price-list`)
    expect(session.costUsd).toBeCloseTo(((23_500 - 18_048) * 3 + 18_048 * 0.3 + 630 * 15) / 1e6, 10)
  })
})
