import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { startDaemonProcess, type RunningDaemon } from '../../../../tools/agents/daemon.ts'
import { AGENT_NAMES, agentsBin, type AgentName } from '../../../../tools/agents/install.ts'
import { startModelServer, type ModelServer } from '../../../../tools/agents/model-server.ts'
import { makeRepository } from '../../../../tools/agents/repository.ts'
import { PROTOCOLS, runAgent } from '../../../../tools/agents/run-agent.ts'
import { DELEGATE, SCENARIOS, type Scenario } from '../../../../tools/agents/scenarios.ts'
import { loadPrices, openSessionReadModel, type SessionSummary } from '../projection/index.ts'

/** An agent's exporter may still hold what it told last: so long it is waited for. */
const DELIVERY_MS = 20_000

let folder: string
let bin: string
let daemon: RunningDaemon
const homeOf = (): string => join(folder, 'ledger')

beforeAll(async () => {
  bin = agentsBin()
  folder = mkdtempSync(join(tmpdir(), 'spanledger-agents-'))
  daemon = await startDaemonProcess(homeOf())
})
afterAll(async () => {
  await daemon?.stop()
  rmSync(folder, { recursive: true, force: true })
})

/** What stands in the ledger now, read beside the daemon that writes it. */
async function sessions(): Promise<SessionSummary[]> {
  const platform = nodePlatform()
  const home = await openHome(platform, homeOf(), { readOnly: true })
  const events = await openEventStore(platform, home)
  try {
    const model = await openSessionReadModel({
      platform,
      home,
      events,
      prices: await loadPrices(platform, home),
    })
    await model.refresh()
    return model.list({ limit: 1_000 }).sessions
  } finally {
    await events.close()
  }
}

/** Everything that must be equal: calls, failures, and every token. */
function expected({ truth }: ModelServer, scenario: Scenario) {
  const sum = (part: keyof Scenario['usage']): number =>
    truth.reduce((total, { tokens }) => total + tokens[part], 0)
  return {
    modelCalls: truth.length,
    failedModelCalls: 0,
    toolCalls: truth.filter(({ tool }) => tool !== undefined).length,
    failedToolCalls: [...scenario.steps, ...(scenario.delegated ?? [])].filter(({ fails }) => fails).length,
    subagents: scenario.delegated ? 1 : 0,
    tokens: {
      input: sum('input'),
      output: sum('output'),
      cacheRead: sum('cacheRead'),
      cacheWrite: sum('cacheWrite'),
      reasoning: sum('reasoning'),
    },
  }
}

const told = (session: SessionSummary) => ({
  modelCalls: session.modelCalls,
  failedModelCalls: session.failedModelCalls,
  toolCalls: session.toolCalls,
  failedToolCalls: session.failedToolCalls,
  subagents: session.subagents,
  tokens: session.tokens,
})

const PROGRAM = fileURLToPath(new URL('../../bin/spanledger.js', import.meta.url))

/** What the program answers for a user in whose home an agent worked. */
function ask(home: string, ...words: string[]): string {
  const env = {
    ...process.env,
    HOME: home,
    CLAUDE_CONFIG_DIR: '',
    CODEX_HOME: '',
    XDG_DATA_HOME: '',
    XDG_CONFIG_HOME: '',
  }
  return execFileSync(process.execPath, [PROGRAM, ...words, '--home', homeOf()], { env, encoding: 'utf8' })
}

/** Agents that write down what they do in a way that is read here. */
const WRITES_DOWN: ReadonlySet<AgentName> = new Set(['claude-code', 'codex', 'gemini-cli', 'opencode'])

/** What the transcript tells is of the same session, and changes no figure: it only makes them surer. */
async function importsTheSame(home: string, id: string): Promise<void> {
  const before = (await sessions()).find((session) => session.id === id)!
  const imported = ask(home, 'transcripts', 'import', '--all')
  expect(imported).not.toContain('passed over')
  expect(imported).not.toContain('no version that was seen')
  const after = await sessions()
  expect(told(after.find((session) => session.id === id)!)).toEqual(told(before))
  expect(after.find((session) => session.id === id)!.prompts).toBe(before.prompts)
  const { figures } = JSON.parse(ask(home, 'session', 'reconcile', id, '--json')) as {
    figures: { figure: string; confidence: string; sources: { source: string; differs: boolean }[] }[]
  }
  const calls = figures.find(({ figure }) => figure === 'model calls')!
  expect(calls.sources.map(({ source }) => source)).toContainEqual(expect.stringContaining('transcript:'))
  const ofTranscripts = figures
    .flatMap(({ sources }) => sources)
    .filter(({ source }) => source.startsWith('transcript:'))
  expect(ofTranscripts.filter(({ differs }) => differs)).toEqual([])
  expect(ask(home, 'transcripts', 'import', '--all')).toContain('all imported before')
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Codex offers subagents to its interactive face alone. */
const DELEGATES: ReadonlySet<AgentName> = new Set(AGENT_NAMES.filter((agent) => agent !== 'codex'))

describe.each(AGENT_NAMES)('%s', (agent) => {
  const runs = PROTOCOLS[agent].flatMap((protocol, i) =>
    [...SCENARIOS, ...(i === 0 && DELEGATES.has(agent) ? [DELEGATE] : [])].map((scenario) => ({
      protocol,
      scenario,
    })),
  )

  it.each(runs)(
    '$scenario.name over $protocol: one session, equal to the truth',
    async ({ protocol, scenario }) => {
      const before = new Set((await sessions()).map(({ id }) => id))
      const model = await startModelServer(scenario)
      const place = mkdtempSync(join(folder, `${agent}-`))
      const [cwd, home] = [join(place, 'repository'), join(place, 'home')]
      makeRepository(cwd)
      mkdirSync(home)
      const otlpUrl = protocol === 'grpc' ? daemon.otlpGrpcUrl : daemon.otlpHttpUrl
      const run = await runAgent(agent, { bin, modelUrl: model.url, otlpUrl, protocol, cwd, home })
      try {
        if (run.code !== 0) throw new Error(`${agent} exited with ${run.code}:\n${run.output}`)
        const truth = expected(model, scenario)
        let fresh: SessionSummary[] = []
        for (const deadline = Date.now() + DELIVERY_MS; Date.now() < deadline; await sleep(250)) {
          fresh = (await sessions()).filter(({ id }) => !before.has(id))
          if (fresh[0] && same(told(fresh[0]), truth)) break
        }
        expect(fresh.map((session) => session.agent)).toEqual([agent])
        expect(told(fresh[0]!)).toEqual(truth)
        expect(fresh[0]!.prompts).toBe(1)
        if (!WRITES_DOWN.has(agent)) return
        await run.stop()
        await importsTheSame(home, fresh[0]!.id)
        expect((await sessions()).filter(({ id }) => !before.has(id))).toHaveLength(1)
      } finally {
        await run.stop()
        await model.close()
      }
    },
  )
})
