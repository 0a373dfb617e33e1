import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startDaemonProcess, type RunningDaemon } from '../../../../../tools/agents/daemon.ts'
import { AGENT_NAMES, agentsBin } from '../../../../../tools/agents/install.ts'
import { startModelServer } from '../../../../../tools/agents/model-server.ts'
import { makeRepository } from '../../../../../tools/agents/repository.ts'
import { runAgent } from '../../../../../tools/agents/run-agent.ts'
import { SCENARIOS } from '../../../../../tools/agents/scenarios.ts'
import type { ConnectAnswer } from '../../cli/index.ts'
import type { AnswerOf } from '../../query/index.ts'

const BIN = fileURLToPath(new URL('../../../bin/spanledger.js', import.meta.url))
/** An agent's exporter may still hold what it told last: so long it is waited for. */
const DELIVERY_MS = 20_000

let folder: string
let bin: string
let daemon: RunningDaemon
const homeOf = (): string => join(folder, 'ledger')

beforeAll(async () => {
  bin = agentsBin()
  folder = mkdtempSync(join(tmpdir(), 'spanledger-connect-'))
  daemon = await startDaemonProcess(homeOf())
  // Where connect reads the port from.
  const { port } = new URL(daemon.otlpHttpUrl)
  writeFileSync(join(homeOf(), 'config.yaml'), `receive:\n  otlpHttpPort: ${port}\n`)
})
afterAll(async () => {
  await daemon?.stop()
  rmSync(folder, { recursive: true, force: true })
})

function spanledger<Answer>(userHome: string, ...words: string[]): Answer {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [BIN, ...words, '--json', '--home', homeOf()],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: userHome } },
  )
  if (status !== 0) throw new Error(`spanledger ${words.join(' ')} ended with ${status}: ${stderr}`)
  // An answer in steps is a line each, the last of the whole.
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer
}

it.each(AGENT_NAMES)(
  '%s, connected, tells its session by telemetry, by hooks and by its transcript',
  async (agent) => {
    const scenario = SCENARIOS.find(({ name }) => name === 'fix-a-bug')!
    const cwd = join(folder, `${agent}-repository`)
    makeRepository(cwd)
    const model = await startModelServer(scenario)
    const home = join(folder, agent)
    mkdirSync(home)
    const before = new Map<string, string>()
    const connect = (): Record<string, string> => {
      const shown = spanledger<ConnectAnswer>(home, 'connect', agent, '--print')
      for (const { file, change } of shown.files)
        if (change === 'edit') before.set(file, readFileSync(file, 'utf8'))
      const { alias } = spanledger<ConnectAnswer>(home, 'connect', agent, '--yes')
      const words = alias === null ? [] : alias.slice(alias.indexOf("'") + 1, -1).split(' ')
      return Object.fromEntries(
        words.filter((word) => word.includes('=')).map((word) => word.split(/=(.*)/s)),
      )
    }
    const finished = await runAgent(agent, {
      bin,
      modelUrl: model.url,
      otlpUrl: 'http://127.0.0.1:9',
      protocol: 'http/json',
      cwd,
      home,
      connect,
    })
    expect({ code: finished.code, output: finished.output }).toMatchObject({ code: 0 })
    const arrived = (): AnswerOf<'arrivals'>['rows'][number] | undefined =>
      spanledger<AnswerOf<'arrivals'>>(home, 'arrivals').rows.find((row) => row.agent === agent)
    for (const end = Date.now() + DELIVERY_MS; Date.now() < end && !arrived()?.telemetry;) await sleep(250)
    await finished.stop()
    await model.close()
    expect(arrived()).toMatchObject({
      sessions: 1,
      telemetry: { events: expect.any(Number) as number },
      hooks: { events: expect.any(Number) as number },
      hooksMissed: 0,
    })
    // What the agent wrote down itself is one more source of the same session, and no figure is another with it.
    if (agent !== 'copilot-cli') spanledger(home, 'transcripts', 'import', agent)
    const { rows } = spanledger<AnswerOf<'sessions'>>(home, 'sessions', '--agent', agent)
    const sum = (part: 'input' | 'output'): number =>
      model.truth.reduce((all, { tokens }) => all + tokens[part], 0)
    expect(rows).toMatchObject([
      {
        toolCalls: scenario.steps.filter(({ command }) => command !== undefined).length,
        modelCalls: model.truth.length,
        tokens: { input: sum('input'), output: sum('output') },
        workingDirectory: cwd,
      },
    ])
    const kinds = new Set(rows[0]!.sources.map((source) => source.replace(/:.*/, '')))
    expect(kinds).toContain('hook')
    expect(kinds.has('log') || kinds.has('span')).toBe(true)
    expect(kinds.has('transcript')).toBe(agent !== 'copilot-cli')

    spanledger(home, 'disconnect', agent, '--yes')
    // opencode adds a line of its own to its settings.
    for (const [file, text] of agent === 'opencode' ? [] : before)
      expect(readFileSync(file, 'utf8')).toBe(text)
  },
)
