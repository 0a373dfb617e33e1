import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { installHooks } from './install.ts'
import { PAYLOAD_BYTES_MAX, spoolOf, type Spool, WAITING_MAX } from './layout.ts'
import { hookCommand } from './script.ts'

let home: string
let spool: Spool
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), "hooks it's "))
  spool = spoolOf({ dir: home })
  await installHooks({ dir: home })
})
afterEach(() => {
  if (existsSync(spool.waiting)) chmodSync(spool.waiting, 0o700)
  rmSync(home, { recursive: true, force: true })
})

const SHELLS = ['dash', 'bash', 'busybox', 'zsh'].filter(
  (shell) => spawnSync(shell, shell === 'busybox' ? ['sh', '-c', ':'] : ['-c', ':']).status === 0,
)

const run = (input: string, shell = 'sh') =>
  spawnSync(
    shell,
    [...(shell === 'busybox' ? ['sh'] : []), '-c', hookCommand(spool.script, 'claude-code', 'Stop')],
    { input, encoding: 'utf8' },
  )

const silent = { status: 0, stdout: '', stderr: '' }
const written = (): number[] =>
  readdirSync(spool.waiting)
    .map(Number)
    .toSorted((a, b) => a - b)

describe('the script', () => {
  it.each(SHELLS)('keeps what it is given, from a line of %s', (shell) => {
    const payload = '{"session_id":"s",\n  "text":"\\u0000 \'quoted\' $HOME `ls` \\\\"}'
    expect(run(payload, shell)).toMatchObject(silent)
    expect(readFileSync(join(spool.waiting, '1'), 'utf8')).toBe(`hook 1 claude-code Stop\n${payload}\nend\n`)
    expect(statSync(join(spool.waiting, '1')).mode & 0o777).toBe(0o600)
    expect(statSync(spool.waiting).mode & 0o777).toBe(0o700)
  })

  it('gives each of many at once a number of its own', async () => {
    const children = Array.from({ length: 40 }, (_, i) => {
      const child = spawn('sh', ['-c', hookCommand(spool.script, 'codex', 'Stop')])
      child.stdin.end(`{"session_id":"${i}"}`)
      return new Promise((resolve) => child.on('close', resolve))
    })
    expect(await Promise.all(children)).toEqual(children.map(() => 0))
    expect(written()).toEqual(Array.from({ length: 40 }, (_, i) => i + 1))
    const sessions = written().map(
      (n) => /"(\d+)"/.exec(readFileSync(join(spool.waiting, String(n)), 'utf8'))![1],
    )
    expect(new Set(sessions).size).toBe(40)
  })

  it('does not need its hint, and takes none that is no number', () => {
    for (let i = 0; i < 3; i++) run('{}')
    for (const hint of ['', 'rubbish; exit 3', '1']) {
      writeFileSync(spool.next, hint)
      expect(run('{}')).toMatchObject(silent)
    }
    expect(written()).toEqual([1, 2, 3, 4, 5, 6])
    writeFileSync(spool.taken, '100\nclaude-code\ns\n5\n')
    run('{}')
    expect(written().at(-1)).toBe(101)
  })

  it('cuts what is too large, and reads the rest of it', () => {
    expect(run(`{"a":"${'x'.repeat(3 * PAYLOAD_BYTES_MAX)}"}`)).toMatchObject(silent)
    // dash counts in blocks of 512 bytes as POSIX does, others of 1,024.
    expect(statSync(join(spool.waiting, '1')).size).toBeLessThanOrEqual(2 * PAYLOAD_BYTES_MAX)
    run('{}')
    expect(written()).toEqual([1, 2])
  })

  it('spends the number where too many wait, so that the gap is found', () => {
    writeFileSync(spool.next, `${WAITING_MAX + 2}`)
    expect(run('{}')).toMatchObject(silent)
    expect(written()).toEqual([])
    expect(readFileSync(spool.next, 'utf8').trim()).toBe(String(WAITING_MAX + 3))
  })

  it('is silent where the home is gone, and where the script is', () => {
    rmSync(spool.waiting, { recursive: true })
    expect(run('{}')).toMatchObject(silent)
    rmSync(home, { recursive: true })
    expect(run('{}')).toMatchObject(silent)
  })

  it('is silent where nothing can be written: the number is spent', () => {
    if (process.getuid?.() === 0) {
      // Root writes into any folder: a file in the way refuses it as well.
      rmSync(spool.waiting, { recursive: true })
      writeFileSync(spool.waiting, '')
    } else chmodSync(spool.waiting, 0o500)
    expect(run('{}'.repeat(100_000))).toMatchObject(silent)
    expect(readFileSync(spool.next, 'utf8').trim()).toBe('2')
    if (process.getuid?.() === 0) rmSync(spool.waiting)
  })

  it('is silent on a full disk', (context) => {
    const dir = mkdtempSync(join(tmpdir(), 'hooks-full-'))
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', dir], { stdio: 'ignore' })
    } catch {
      rmSync(dir, { recursive: true })
      context.skip('no right to mount a file system of 16 KiB')
    }
    try {
      const full = spoolOf({ dir })
      execFileSync('sh', ['-c', `mkdir -p '${full.waiting}' && cp "${spool.script}" '${full.script}'`])
      const told = Array.from({ length: 8 }, () =>
        spawnSync('sh', ['-c', hookCommand(full.script, 'codex', 'Stop')], {
          input: `{"a":"${'x'.repeat(6_000)}"}`,
          encoding: 'utf8',
        }),
      )
      for (const one of told) expect(one).toMatchObject(silent)
    } finally {
      execFileSync('umount', [dir])
      rmSync(dir, { recursive: true })
    }
  })
})
