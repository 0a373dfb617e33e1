import type { AgentSetup } from '../../agents/index.ts'
import type { ConnectedState, DoctorAgent, Finding } from '../../cli/index.ts'
import { inspectSetting, SettingsError } from '../../connect/index.ts'
import { SCRIPT, spoolOf } from '../../hooks/index.ts'
import { type AnswerOf, isRefusal } from '../../query/index.ts'
import type { Surroundings } from '../settings/inspect.ts'
import { aliasOf, placeOf, textOf } from './connect-agent.ts'
import { findInstalled } from './installed.ts'

type Arrivals = AnswerOf<'arrivals'>

/** Of several files, or of the user's and the project's settings: the one that says most. */
const ORDER: readonly ConnectedState[] = ['yes', 'variables', 'part', 'differs', 'no', 'none']

const best = (states: readonly ConnectedState[]): ConnectedState =>
  ORDER.find((state) => states.includes(state)) ?? 'none'

export interface Examined {
  agent: DoctorAgent
  isConnected: boolean
  findings: Finding[]
  hints: Finding[]
}

/** One agent: what its settings say, what arrived of it, and what is missing. */
export async function examineAgent(
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
  return {
    telemetry: alias === null ? best(found.telemetry) : 'variables',
    hooks: best(found.hooks),
    alias,
  }
}

const hasScript = async (home: string): Promise<boolean> =>
  (await textOf(spoolOf({ dir: home }).script)) === SCRIPT
