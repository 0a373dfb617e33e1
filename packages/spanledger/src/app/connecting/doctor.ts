import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { AGENT_SETUPS, type AgentSetup } from '../../agents/index.ts'
import type { Asker, ConnectedState, DoctorAgent, DoctorAnswer, Finding } from '../../cli/index.ts'
import { inspectSetting, SettingsError } from '../../connect/index.ts'
import { SCRIPT, spoolOf, spoolStatus } from '../../hooks/index.ts'
import { type AnswerOf, isRefusal } from '../../query/index.ts'
import { connect } from '../connect.ts'
import { readDaemonFile } from '../daemon-file.ts'
import { loadConfig } from '../load-config.ts'
import { createQuestions } from '../questions.ts'
import type { Surroundings } from '../settings/inspect.ts'
import { aliasOf, homeOf, placeOf, textOf } from './connect-agent.ts'
import { findInstalled } from './installed.ts'

type Arrivals = AnswerOf<'arrivals'>

/** A clock that is so far behind what the ledger has seen was put back. */
const CLOCK_MS = 5 * 60_000

/** What is connected, what arrives, what is missing, and what to type. Errors: those of the disk, where a settings file cannot be read at all. */
export async function doctor(surroundings: Surroundings): Promise<DoctorAnswer> {
  const platform = nodePlatform()
  const dir = homeOf(surroundings)
  const findings: Finding[] = []
  const hints: Finding[] = []
  const find = (list: Finding[], where: string, code: string, message: string, next: string): void =>
    void list.push({ where, code, message, next })

  const home = await examineHome(dir, (message, next) => find(findings, dir, 'HOME', message, next))
  const daemonFile = home.exists ? await readDaemonFile(platform, { run: join(dir, 'run') }) : undefined
  const asker = home.exists ? await askerOf(dir) : undefined
  const arrivals = (await asker?.run('arrivals', {}).finally(() => asker.close?.())) as Arrivals | undefined
  const arrived = new Map((arrivals?.rows ?? []).map((row) => [row.agent, row]))

  const config = await loadConfig(dir).catch((error: Error) => {
    find(findings, join(dir, 'config.yaml'), 'CONFIG', error.message, 'spanledger config check')
    return undefined
  })
  const agents: DoctorAgent[] = []
  let isAnyConnected = false
  for (const setup of AGENT_SETUPS) {
    const examined = await examine(surroundings, dir, setup, arrived.get(setup.agent), config !== undefined)
    agents.push(examined.agent)
    findings.push(...examined.findings)
    hints.push(...examined.hints)
    isAnyConnected ||= examined.isConnected
  }
  if (!isAnyConnected) {
    const agent = agents.find(({ installed }) => installed !== null)?.agent ?? 'claude-code'
    find(findings, 'agents', 'NOT_CONNECTED', 'no agent is connected', `spanledger connect ${agent}`)
  }

  if (daemonFile === undefined) {
    if (isAnyConnected && home.exists)
      find(
        findings,
        'daemon',
        'NO_DAEMON',
        'none runs: telemetry is lost, what hooks tell waits',
        'spanledger up',
      )
    for (const port of config === undefined ? [] : [config.receive.otlpHttpPort, config.receive.otlpGrpcPort])
      if (await isTaken(port))
        find(
          findings,
          `port ${port}`,
          'PORT_IN_USE',
          'another program listens there, and gets what agents send',
          `stop it, or set another port under receive: in ${join(dir, 'config.yaml')}, then connect again`,
        )
  } else if (config !== undefined && config.receive.otlpHttpPort !== daemonFile.otlpHttpPort)
    find(
      findings,
      'daemon',
      'OTHER_PORT',
      `it listens on ${daemonFile.otlpHttpPort}, and connected agents send to ${config.receive.otlpHttpPort}`,
      `set receive.otlpHttpPort in ${join(dir, 'config.yaml')}, then start it without --otlp-http-port and connect again`,
    )

  const { waiting, aside } = await spoolStatus(platform, { dir })
  const missed = (arrivals?.rows ?? []).reduce((sum, row) => sum + row.hooksMissed, 0)
  if (aside > 0)
    find(
      hints,
      spoolOf({ dir }).aside,
      'HOOKS_ASIDE',
      `${aside} hooks could not be read`,
      'look at them: they go after a week',
    )
  if (missed > 0)
    find(
      findings,
      'hooks',
      'HOOKS_MISSED',
      `${missed} hooks of the last day ran of which nothing arrived`,
      'see whether there is room on the disk; the notes of spanledger session show say where',
    )
  if (
    arrivals?.lastAt !== null &&
    arrivals !== undefined &&
    Date.parse(arrivals.lastAt) - Date.now() > CLOCK_MS
  )
    find(
      findings,
      'clock',
      'CLOCK',
      `the ledger has seen ${arrivals.lastAt}, which is yet to come`,
      'set the clock',
    )

  return {
    ok: findings.length === 0,
    home: { dir, writable: home.writable },
    daemon: daemonFile === undefined ? null : withoutToken(daemonFile),
    spool: { waiting, aside, missed },
    agents,
    findings,
    hints,
  }
}

function withoutToken(daemon: {
  process: { pid: number }
  otlpHttpPort: number
  otlpGrpcPort: number
  port: number
}): NonNullable<DoctorAnswer['daemon']> {
  const { process, otlpHttpPort, otlpGrpcPort, port } = daemon
  return { pid: process.pid, otlpHttpPort, otlpGrpcPort, port }
}

/** The daemon where one runs, else this process. */
async function askerOf(dir: string): Promise<Asker> {
  const platform = nodePlatform()
  const asker = await connect(platform, dir)
  if (asker !== undefined) return asker
  const readOnly = await openHome(platform, dir, { readOnly: true })
  return createQuestions(platform, await openHome(platform, dir).catch(() => readOnly))
}

async function examineHome(
  dir: string,
  found: (message: string, next: string) => void,
): Promise<{ exists: boolean; writable: boolean }> {
  const exists = await stat(join(dir, 'home.json')).then(
    () => true,
    () => false,
  )
  // Nothing is made here: a doctor looks.
  if (!exists) return { exists, writable: true }
  const writable = await access(dir, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
  if (!writable) found('it cannot be written', 'check who owns it, or name another one with --home DIR')
  return { exists, writable }
}

/** Of several files, or of the user's and the project's settings: the one that says most. */
const ORDER: readonly ConnectedState[] = ['yes', 'variables', 'part', 'differs', 'no', 'none']

interface Examined {
  agent: DoctorAgent
  isConnected: boolean
  findings: Finding[]
  hints: Finding[]
}

async function examine(
  surroundings: Surroundings,
  home: string,
  setup: AgentSetup,
  arrived: Arrivals['rows'][number] | undefined,
  isConfigRead: boolean,
): Promise<Examined> {
  const { agent, title } = setup
  const findings: Finding[] = []
  const hints: Finding[] = []
  const states = await statesOf(surroundings, home, setup, isConfigRead).catch((error: unknown) => {
    if (!(error instanceof SettingsError)) throw error
    findings.push({ where: title, code: error.code, message: error.message, next: 'mend it' })
    return { telemetry: 'no' as const, hooks: 'no' as const, alias: null }
  })
  const { telemetry, hooks, alias } = states
  const installed = await findInstalled(setup.program, surroundings.env['PATH'])
  const isConnected = hooks === 'yes' || hooks === 'part' || telemetry === 'yes'
  const again = `spanledger connect ${agent}`
  const add = (list: Finding[], code: string, message: string, next: string): void =>
    void list.push({ where: title, code, message, next })

  if (!isConnected && installed !== null) add(hints, 'NOT_CONNECTED', 'not connected', again)
  if (isConnected && (hooks === 'part' || hooks === 'no'))
    add(findings, 'HOOKS', 'not all hooks are there', again)
  if (isConnected && (telemetry === 'no' || telemetry === 'part'))
    add(findings, 'TELEMETRY', 'its telemetry goes elsewhere or nowhere', again)
  if (isConnected && (telemetry === 'differs' || hooks === 'differs'))
    add(findings, 'DIFFERS', 'its settings say something else', `${again} --print, then with --replace`)
  if (isConnected && hooks !== 'none' && !(await hasScript(home)))
    add(findings, 'SCRIPT', 'the script of its hooks is gone or of another version', again)
  const events = { telemetry: arrived?.telemetry?.events ?? 0, hooks: arrived?.hooks?.events ?? 0 }
  if (isConnected && events.hooks > 0 && events.telemetry === 0 && telemetry !== 'none')
    add(
      findings,
      'NO_TELEMETRY',
      'hooks arrived in the last day, and no telemetry',
      alias === null
        ? 'start the agent anew while spanledger up runs'
        : `put this into your shell's profile: ${alias}`,
    )
  if (isConnected && events.telemetry > 0 && events.hooks === 0 && hooks === 'yes')
    add(
      findings,
      'NO_HOOKS',
      'telemetry arrived in the last day, and no hooks',
      setup.afterwards ?? 'start the agent anew',
    )
  const times = [arrived?.telemetry, arrived?.hooks, arrived?.transcripts].flatMap((way) => way?.lastAt ?? [])
  return {
    agent: {
      agent,
      title,
      installed,
      telemetry,
      hooks,
      arrived: {
        sessions: arrived?.sessions ?? 0,
        ...events,
        transcripts: arrived?.transcripts?.events ?? 0,
        lastAt: times.toSorted().at(-1) ?? null,
      },
    },
    isConnected,
    findings,
    hints,
  }
}

/** In the user's settings, or in those of the project here. Errors: SettingsError */
async function statesOf(
  surroundings: Surroundings,
  home: string,
  setup: AgentSetup,
  isConfigRead: boolean,
): Promise<{ telemetry: ConnectedState; hooks: ConnectedState; alias: string | null }> {
  const found: Record<'telemetry' | 'hooks', ConnectedState[]> = { telemetry: [], hooks: [] }
  let alias: string | null = null
  for (const isProject of isConfigRead ? [false, true] : []) {
    const place = await placeOf(surroundings, home, setup, isProject)
    if (isRefusal(place)) continue
    alias = aliasOf(setup, place.endpoint)
    for (const setting of setup.settings(place)) {
      const state = inspectSetting(setting, await textOf(setting.file), place.hookMark)
      found.telemetry.push(state.telemetry)
      found.hooks.push(state.hooks)
    }
  }
  const best = (states: readonly ConnectedState[]): ConnectedState =>
    ORDER.find((state) => states.includes(state)) ?? 'none'
  return {
    telemetry: alias === null ? best(found.telemetry) : 'variables',
    hooks: best(found.hooks),
    alias,
  }
}

const hasScript = async (home: string): Promise<boolean> =>
  (await textOf(spoolOf({ dir: home }).script)) === SCRIPT

function isTaken(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
