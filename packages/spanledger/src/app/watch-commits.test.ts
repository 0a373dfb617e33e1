import { expect, it } from 'vitest'
import { watchCommits } from './watch-commits.ts'

it('asks for the commits of each folder that sessions were in lately, once a look, until it is stopped', async () => {
  const asked: unknown[] = []
  let looks = 0
  let looked: (() => void) | undefined
  const twice = new Promise<void>((resolve) => (looked = resolve))
  const clock = {
    monotonicMs: () => 0,
    rest: () => new Promise<void>((resolve) => setImmediate(resolve)),
  }
  const run = (name: string, params: unknown): Promise<unknown> => {
    if (name === 'commits') asked.push((params as { repo: string }).repo)
    if (name === 'sessions' && ++looks === 3) looked!()
    const rows = ['/a', '/b', '/a', null].map((workingDirectory) => ({ workingDirectory }))
    return Promise.resolve({ rows: looks === 3 ? [] : rows })
  }
  const warnings: string[] = []
  const watching = watchCommits({ clock } as never, { run }, (message) => warnings.push(message))
  await twice
  await watching.stop()
  expect(asked).toEqual(['/a', '/b', '/a', '/b'])
  expect(warnings).toEqual([])
})
