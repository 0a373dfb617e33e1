import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openEventStore } from '@spanledger/sdk/store'
import { startDaemonProcess, type RunningDaemon } from '../../../../tools/agents/daemon.ts'
import { AGENT_NAMES, agentsBin, type AgentName } from '../../../../tools/agents/install.ts'
import { startModelServer } from '../../../../tools/agents/model-server.ts'
import { makeRepository } from '../../../../tools/agents/repository.ts'
import { PROTOCOLS, runAgent } from '../../../../tools/agents/run-agent.ts'
import { LOOP, LOOP_OF_TWO, SCENARIOS, type Scenario } from '../../../../tools/agents/scenarios.ts'
import { FINDING_EVENTS, findingTold } from '../projection/index.ts'

const TYPES = [...new Set(Object.values(FINDING_EVENTS).flat())]
/** An exporter may still hold what it was told last. */
const DELIVERY_MS = 8_000

let folder: string
let bin: string
let daemon: RunningDaemon
const homeOf = (): string => join(folder, 'ledger')

beforeAll(async () => {
  bin = agentsBin()
  folder = mkdtempSync(join(tmpdir(), 'spanledger-watch-'))
  daemon = await startDaemonProcess(homeOf())
  // The daemon watches once it is at rest.
  await sleep(2_000)
})
afterAll(async () => {
  await daemon?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function findings(): Promise<Map<string, string>> {
  const platform = nodePlatform()
  const events = await openEventStore(platform, await openHome(platform, homeOf(), { readOnly: true }))
  const found = new Map<string, string>()
  for await (const { event, data } of events.readAll({ types: TYPES })) {
    const told = findingTold(event, data)
    if (told && 'found' in told) found.set(told.found.finding, told.found.kind)
  }
  await events.close()
  return found
}

/** Kinds found in a session of this agent, and whether it was still at work when the first was. */
async function play(agent: AgentName, scenario: Scenario): Promise<{ kinds: string[]; atWork: boolean }> {
  const before = await findings()
  const model = await startModelServer(scenario)
  const place = mkdtempSync(join(folder, `${agent}-`))
  const [cwd, home] = [join(place, 'repository'), join(place, 'home')]
  makeRepository(cwd)
  mkdirSync(home)
  const protocol = PROTOCOLS[agent][0]!
  const over = new AbortController()
  const otlpUrl = protocol === 'grpc' ? daemon.otlpGrpcUrl : daemon.otlpHttpUrl
  const running = runAgent(agent, { bin, modelUrl: model.url, otlpUrl, protocol, cwd, home }).finally(() =>
    over.abort(),
  )
  let atWork = false
  const fresh = async (): Promise<string[]> =>
    [...(await findings())].filter(([id]) => !before.has(id)).map(([, kind]) => kind)
  while (!over.signal.aborted) {
    await sleep(250)
    if ((await fresh()).length === 0) continue
    atWork = !over.signal.aborted
    break
  }
  const run = await running
  await sleep(DELIVERY_MS)
  await run.stop()
  await model.close()
  return { kinds: await fresh(), atWork }
}

/** Copilot CLI tells neither what its tools are asked for nor what comes of it; exit codes alone are judged, later. */
const EXPECTED: Record<AgentName, string> = {
  'claude-code': 'repeated-call',
  codex: 'repeated-call',
  'gemini-cli': 'repeated-call',
  'copilot-cli': 'no-progress',
  opencode: 'repeated-call',
}

it.each(AGENT_NAMES)('%s that repeats a failing call is found while it works, once', async (agent) => {
  const { kinds, atWork } = await play(agent, agent === 'gemini-cli' ? LOOP_OF_TWO : LOOP)
  expect(kinds).toEqual([EXPECTED[agent]])
  // What opencode tells comes with its server's next export, a second before or behind its end.
  expect(atWork || agent === 'opencode').toBe(true)
})

const WORK = AGENT_NAMES.flatMap((agent) => SCENARIOS.map((scenario) => ({ agent, scenario })))

it.each(WORK)('$agent that does its work, $scenario.name, is left alone', async ({ agent, scenario }) => {
  expect((await play(agent, scenario)).kinds).toEqual([])
})
