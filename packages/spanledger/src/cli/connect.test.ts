import { describe, expect, it } from 'vitest'
import type { ConnectAnswer } from './index.ts'
import { runCli, type CliHost } from './index.ts'

type Kept = ConnectAnswer['files'][number]['kept']

const answer = (change: 'edit' | 'none', written: boolean, kept: Kept): ConnectAnswer => ({
  agent: 'codex',
  title: 'Codex',
  project: null,
  written,
  files: [{ file: '/home/ada/x.json', change, diff: change === 'edit' ? '--- a\n+++ b\n+new\n' : '', kept }],
  alias: null,
  next: [],
})

interface Options {
  name?: 'connect' | 'disconnect'
  confirms?: boolean
  change?: 'edit' | 'none'
  kept?: Kept
}

async function run(argv: string[], { name = 'connect', confirms, change = 'edit', kept = [] }: Options = {}) {
  const given: unknown[] = []
  let [out, err] = ['', '']
  const host: CliHost = {
    version: '0',
    env: {},
    homeFolder: '/home/ada',
    nowMs: () => 0,
    stdout: { write: (text) => ((out += text), true) },
    stderr: { write: (text) => ((err += text), true) },
    up: () => Promise.reject(new Error('not asked for')),
    run: () => Promise.reject(new Error('not asked for')),
    demo: () => Promise.reject(new Error('not asked for')),
    open: () => Promise.reject(new Error('not asked for')),
    settings(_, params) {
      given.push(params)
      return Promise.resolve(answer(change, (params as { yes?: boolean }).yes === true, kept))
    },
    ...(confirms === undefined ? {} : { confirm: () => Promise.resolve(confirms) }),
  }
  const exit = await runCli([name, 'codex', ...argv], host)
  return { exit, out, err, wrote: given.some((params) => (params as { yes?: boolean }).yes === true) }
}

describe('connect', () => {
  it('shows the change and writes it once somebody agreed', async () => {
    expect(await run([], { confirms: true })).toMatchObject({ exit: 0, wrote: true })
    const refused = await run([], { confirms: false })
    expect(refused).toMatchObject({ exit: 0, wrote: false })
    expect(refused.out).toContain('+new\nNothing was written.\n')
  })

  it('writes nothing where there is nobody to ask, unless told to', async () => {
    const asked = await run([])
    expect(asked).toMatchObject({ exit: 2, wrote: false })
    expect(asked.err).toContain('say --yes to write it')
    expect(await run(['--json'])).toMatchObject({ exit: 2, wrote: false, out: '' })
    expect(await run(['--yes'])).toMatchObject({ exit: 0, wrote: true })
    const told = await run(['--yes', '--json'])
    expect(JSON.parse(told.out)).toMatchObject({ written: true })
  })

  it('only shows with --print', async () => {
    const shown = await run(['--print'], { confirms: true })
    expect(shown).toMatchObject({ exit: 0, wrote: false })
    expect(shown.out).toContain('+new')
  })

  it('does not call disconnected what it could not undo', async () => {
    const kept = [{ path: [], found: 'export const mine' }]
    const left = await run([], { name: 'disconnect', change: 'none', kept })
    expect(left.exit).toBe(1)
    expect(left.out).toContain('/home/ada/x.json was changed since')
    expect(left.out).toContain('✗ Codex is not wholly disconnected')
    expect((await run([], { change: 'none', kept })).exit).toBe(0)
  })

  it('says that there is nothing to change', async () => {
    expect((await run([], { change: 'none' })).out).toContain('✓ Codex is connected: nothing to change')
  })
})
