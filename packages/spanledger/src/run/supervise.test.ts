import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Family } from './processes.ts'
import { supervise } from './supervise.ts'

it.each([
  { away: false, processes: 3, shell: 'sleep 77 & sleep 77; echo went on' },
  // In a session of its own the one whose parent has ended is known too.
  { away: true, processes: 4, shell: 'sleep 77 & (sleep 77 &); sleep 77; echo went on' },
])('ends all that a command started when it is told to end: $shell', async ({ away, processes, shell }) => {
  const stop = new AbortController()
  let family: Family | undefined
  const ended = supervise(
    { program: 'sh', args: ['-c', shell], cwd: '/', env: process.env, stop: stop.signal, away },
    (pid) => (family = new Family(pid)),
  )
  while ((family?.present().length ?? 0) < processes) await sleep(20)
  stop.abort()
  expect(await ended).toMatchObject({ stopped: true, signal: 'SIGINT' })
  expect(family!.present()).toEqual([])
})

it('knows nobody where nothing was started', () => {
  expect(new Family(undefined).present()).toEqual([])
})

it('lets be what a command that ended by itself left at work', async () => {
  let family: Family | undefined
  const ended = await supervise(
    { program: 'sh', args: ['-c', 'sleep 77 &'], cwd: '/', env: process.env, away: true },
    (pid) => (family = new Family(pid)),
  )
  expect(ended).toMatchObject({ exitCode: 0, stopped: false })
  expect(family!.present()).toHaveLength(1)
  family!.signal('SIGKILL')
})
