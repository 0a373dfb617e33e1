import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { run } from './testing/run.ts'

let lines: string[]
let dir: string
beforeEach(() => {
  lines = []
  dir = mkdtempSync(join(tmpdir(), 'spanledger-completion-'))
  // oxlint-disable-next-line no-console -- the library prints by itself
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(dir, { recursive: true })
})

const printed = async (...argv: string[]): Promise<string> => {
  lines.length = 0
  expect((await run(argv)).exit).toBe(0)
  return lines.join('\n')
}

const offered = async (...words: string[]): Promise<string[]> =>
  (await printed('complete', '--', ...words))
    .split('\n')
    .map((line) => line.split('\t')[0]!)
    .filter((word) => !word.startsWith(':'))

/** What a bash asks the program at TAB, and offers, where the program answers with two commands and an option. */
async function inBash(...words: string[]): Promise<string[]> {
  const typed = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const script = `${await printed('completion', 'bash')}
spanledger() { printf 'asked: %s\\n' "$*" >&3; printf '%s\\n' $'traces\\tall' trace --limit :4; }
exec 3>&1; COMP_WORDS=(${typed}) COMP_CWORD=${words.length - 1}; __spanledger_complete
printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'utf8', cwd: dir })
  expect(stderr).toBe('')
  return stdout.trim().split('\n')
}

describe('completion', () => {
  it('offers commands, options and their values', async () => {
    expect(await offered('tra')).toContain('traces')
    expect(await offered('traces', '--min')).toEqual(['--min-duration'])
    expect(await offered('traces', '--status', '')).toEqual(['ok', 'error', 'unset'])
    expect(await offered('export', '')).toEqual(['traces', 'logs', 'metrics'])
    expect(await offered('comp')).toEqual(['completion'])
  })

  it('has a script for each shell that evaluates nothing', async () => {
    for (const shell of ['bash', 'zsh', 'fish', 'powershell']) {
      const script = await printed('completion', shell)
      expect(script).toContain('spanledger complete')
      expect(script.replaceAll(/^ *#.*$/gm, '')).not.toMatch(/\beval\b|Invoke-Expression|compgen -W/)
    }
    expect((await run(['completion', 'tcsh'])).exit).toBe(2)
  })

  it('asks in bash for the word at the cursor', async () => {
    expect(await inBash('spanledger', 'tra')).toEqual(['asked: complete -- tra', 'traces', 'trace'])
    expect(await inBash('spanledger', 'traces', '')).toHaveLength(4)
    expect((await inBash('spanledger', 'traces', '--status', '=', 'tr'))[0]).toBe(
      'asked: complete -- traces --status tr',
    )
    expect((await inBash('spanledger', 'traces', '--status', '='))[0]).toBe(
      'asked: complete -- traces --status ',
    )
  })

  it('never runs in bash what was typed, nor writes where it points', async () => {
    const kept = join(dir, 'keep.txt')
    writeFileSync(kept, 'kept')
    const sql = `"$(touch ${dir}/run)"`
    expect((await inBash('spanledger', 'sql', sql, '--li'))[0]).toBe(`asked: complete -- sql ${sql} --li`)
    await inBash('spanledger', 'sql', `$(touch ${dir}/run)`, `\`touch ${dir}/run\``)
    for (const to of ['>', '>>', '2>', '&>', '<'])
      expect(await inBash('spanledger', 'export', to, kept, 'tra')).toEqual([''])
    expect(existsSync(join(dir, 'run'))).toBe(false)
    expect(readFileSync(kept, 'utf8')).toBe('kept')
  })

  it('leaves files to bash where nothing is offered', async () => {
    expect(await printed('completion', 'bash')).toMatch(/^complete -o bashdefault -o default/m)
    expect(await inBash('spanledger', 'import', 'x')).toEqual(['asked: complete -- import x'])
  })
})
