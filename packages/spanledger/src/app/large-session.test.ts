import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, it } from 'vitest'

const exec = promisify(execFile)
const cli = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'spanledger-large-session-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/**
 * The heap that each question is asked in: beyond it Node ends the process. A session of 100 calls needs 16 of it, one of 5,000 needs 28. What
 * the system counts as a process's memory says nothing: it holds what is not yet collected.
 */
const HEAP_MEGABYTES = 40
const SHOWN = 40
const START = 1_795_219_200_000_000_000n

/** As the adapter of an agent tells it: each call by its decision and by its result. */
function writeSession(calls: number): string {
  const home = join(folder, String(calls))
  for (const kind of ['spans', 'logs', 'metrics', 'events'])
    mkdirSync(join(home, 'ledger', kind), { recursive: true })
  for (const name of ['index', 'run']) mkdirSync(join(home, name))
  writeFileSync(join(home, 'home.json'), '{"spanledger":1}\n')
  let position = 0
  const event = (name: string, at: bigint, data: object): string => {
    position++
    return JSON.stringify({
      event: name,
      id: `00000000-0000-8000-8000-${String(position).padStart(12, '0')}`,
      stream: 'session-large',
      version: position,
      position,
      time: String(at),
      data: {
        session: 'large',
        agent: 'claude-code',
        rank: 3,
        startUnixNano: String(at),
        endUnixNano: String(at),
        ...data,
      },
    })
  }
  const name = '1'.padStart(20, '0')
  const lines = [
    JSON.stringify({
      ledger: 1,
      kind: 'events',
      segment: name,
      writer: '3f9c1a2b7d04',
      created: String(START),
      position: 1,
    }),
    event('SessionStarted', START, { source: 'log:claude_code.session' }),
  ]
  for (let call = 0; call < calls; call++) {
    const at = START + BigInt(call) * 1_000_000_000n
    const told = { name: 'Bash', toolUseId: `toolu_${call}`, keys: [`tool:toolu_${call}`] }
    lines.push(
      event('SessionToolDecided', at, {
        ...told,
        source: 'log:claude_code.tool_decision',
        decision: 'accept',
        counts: 'never',
      }),
      event('SessionToolUsed', at, {
        ...told,
        source: 'log:claude_code.tool_result',
        command: `echo ${'x'.repeat(1_000)}`,
        outcome: 'ok',
      }),
    )
  }
  writeFileSync(join(home, 'ledger/events', `${name}.jsonl`), `${lines.join('\n')}\n`)
  return home
}

async function asked(home: string, ...question: string[]): Promise<string> {
  const heap = `--max-old-space-size=${HEAP_MEGABYTES}`
  const { stdout } = await exec(process.execPath, [heap, cli, ...question, '--json', '--home', home], {
    maxBuffer: 1 << 26,
  })
  return stdout
}

interface Node {
  kind: string
  children: Node[]
}
const count = ({ children }: Node): number => children.reduce((sum, child) => sum + 1 + count(child), 0)

it('lists and shows a session of 5,000 tool calls in little more memory than one of 100, and says what it left out', async () => {
  const [small, large] = [writeSession(100), writeSession(5_000)]
  for (const question of [['sessions'], ['session', 'show', 'large', '--limit', String(SHOWN)]]) {
    const few = await asked(small, ...question)
    const many = await asked(large, ...question)
    expect(many.length - few.length).toBeLessThan(100)
  }
  const show = async (limit: number) =>
    JSON.parse(await asked(large, 'session', 'show', 'large', '--limit', String(limit))) as {
      toolCalls: number
      omitted: number
      tree: Node[]
    }
  const shown = await show(SHOWN)
  expect(shown.toolCalls).toBe(5_000)
  expect(shown.tree.reduce((sum, node) => sum + count(node), 0)).toBe(SHOWN)
  expect(shown.omitted).toBe(5_000 - SHOWN)
  expect((await show(5_000)).omitted).toBe(0)
}, 120_000)
