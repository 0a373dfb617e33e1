import { mkdir, readFile, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { AGENT_SETUPS, type AgentSetup, type SettingPlace } from '../../agents/index.ts'
import type { ConnectAnswer } from '../../cli/index.ts'
import {
  type FilePlan,
  type Journal,
  journalName,
  planConnect,
  planDisconnect,
  SettingsError,
  unifiedDiff,
} from '../../connect/index.ts'
import { hookCommand, hookMark, installHooks, spoolOf } from '../../hooks/index.ts'
import { type Refusal, refusal } from '../../query/index.ts'
import { loadConfig } from '../load-config.ts'
import type { Surroundings } from '../settings/inspect.ts'
import { writeConfigFile, writtenPath } from '../settings/write-file.ts'

export interface ConnectParams {
  agent: string
  print?: boolean
  yes?: boolean
  project?: boolean
  replace?: boolean
}

/** Errors  those of the disk. A file that cannot be read as what it is, is a refusal: nothing is written then. */
export function connectAgent(
  surroundings: Surroundings,
  params: ConnectParams,
): Promise<ConnectAnswer | Refusal> {
  return change(surroundings, params, 'connect')
}

export function disconnectAgent(
  surroundings: Surroundings,
  params: ConnectParams,
): Promise<ConnectAnswer | Refusal> {
  return change(surroundings, params, 'disconnect')
}

async function change(
  surroundings: Surroundings,
  { agent, yes, project, replace }: ConnectParams,
  how: 'connect' | 'disconnect',
): Promise<ConnectAnswer | Refusal> {
  const setup = AGENT_SETUPS.find((one) => one.agent === agent)!
  const home = homeOf(surroundings)
  const place = await placeOf(surroundings, home, setup, project === true)
  if ('refused' in place) return place
  const journalFile = join(home, 'connect', journalName(agent, place.project))
  const journal = await readJournal(journalFile)
  const written = yes === true
  try {
    const plans: FilePlan[] = []
    for (const setting of setup.settings(place)) {
      await writtenPath(setting.file)
      const before = await textOf(setting.file)
      const record = journal?.files.find(({ file }) => file === setting.file)
      plans.push(
        how === 'disconnect'
          ? planDisconnect(setting, before, record)
          : planConnect(setting, before, record, replace === true || (record?.replaced.length ?? 0) > 0),
      )
    }
    const blocked = how === 'connect' ? blockedBy(plans) : undefined
    if (blocked !== undefined) return blocked
    if (written) await write(home, journalFile, { setup, place, how }, plans)
    return answerOf(setup, place, plans, how, written)
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error
    return refusal(
      'SETTINGS_UNREADABLE',
      error.message,
      'mend it, then again: a file with an error is not written over',
    )
  }
}

const FOUND_CHARACTERS = 60

/** Something stands where all of ours belongs: no part of it is written, since connected would not be true. */
function blockedBy(plans: readonly FilePlan[]): Refusal | undefined {
  const blocking = plans.flatMap(({ file, kept }) =>
    kept.filter(({ blocks }) => blocks).map((one) => ({ file, ...one })),
  )
  if (blocking.length === 0) return undefined
  const { file, path, found } = blocking[0]!
  const place = path.length === 0 ? 'the whole of it' : path.join('.')
  return refusal(
    'IN_THE_WAY',
    `${file}: ${place} is ${JSON.stringify(found).slice(0, FOUND_CHARACTERS)}, where connect has to write`,
    'make it an object, in TOML a table of its own, or remove it, then again: nothing was written',
  )
}

/** Where a home is, for commands that work without one. */
export const homeOf = ({ env }: Surroundings): string =>
  env['SPANLEDGER_HOME'] || join(env['HOME'] || homedir(), '.spanledger')

export async function placeOf(
  { env, cwd }: Surroundings,
  home: string,
  setup: AgentSetup,
  isProject: boolean,
): Promise<SettingPlace | Refusal> {
  const { otlpHttpPort } = (await loadConfig(home)).receive
  if (otlpHttpPort === 0)
    return refusal(
      'NO_PORT',
      'the daemon takes any free port, which no settings can name',
      `set receive.otlpHttpPort in ${home}/config.yaml`,
    )
  const { script } = spoolOf({ dir: home })
  return {
    userHome: env['HOME'] || homedir(),
    env,
    ...(isProject ? { project: cwd } : {}),
    endpoint: `http://127.0.0.1:${otlpHttpPort}`,
    hook: (name) => hookCommand(script, setup.agent, name),
    hookMark: hookMark(script),
  }
}

/** The way back is on the disk before any settings are. */
async function write(
  home: string,
  journalFile: string,
  { setup, place, how }: { setup: AgentSetup; place: SettingPlace; how: 'connect' | 'disconnect' },
  plans: readonly FilePlan[],
): Promise<void> {
  if (how === 'connect') {
    await openHome(nodePlatform(), home)
    await installHooks({ dir: home })
    const files = plans.flatMap(({ record }) => (record === undefined ? [] : [record]))
    const journal: Journal = { agent: setup.agent, project: place.project ?? null, files }
    await mkdir(dirname(journalFile), { recursive: true, mode: 0o700 })
    await writeConfigFile(journalFile, `${JSON.stringify(journal)}\n`)
  }
  for (const { file, before, after } of plans) {
    if (after === before) continue
    if (after === undefined) await rm(await writtenPath(file))
    else await writeConfigFile(file, after)
  }
  if (how === 'disconnect') await rm(journalFile, { force: true })
}

function answerOf(
  setup: AgentSetup,
  { project, endpoint }: SettingPlace,
  plans: readonly FilePlan[],
  how: 'connect' | 'disconnect',
  written: boolean,
): ConnectAnswer {
  const connects = how === 'connect'
  return {
    agent: setup.agent,
    title: setup.title,
    project: project ?? null,
    written,
    files: plans.map(({ file, before, after, kept }) => ({
      file,
      change:
        before === after ? 'none' : before === undefined ? 'create' : after === undefined ? 'remove' : 'edit',
      diff: unifiedDiff(
        before ?? '',
        after ?? '',
        before === undefined ? '/dev/null' : file,
        after === undefined ? '/dev/null' : file,
      ),
      kept,
    })),
    alias: connects ? aliasOf(setup, endpoint) : null,
    next: connects && setup.afterwards !== undefined ? [setup.afterwards] : [],
  }
}

/** For the agent alone: other programs read some of these variables too. */
export function aliasOf({ program, env, onlyByEnv }: AgentSetup, endpoint: string): string | null {
  if (onlyByEnv === undefined) return null
  const variables = env(endpoint)
  return `alias ${program}='${onlyByEnv.map((name) => `${name}=${variables[name]}`).join(' ')} ${program}'`
}

/** Undefined where there is no file. Errors: SettingsError where it is no text, since writing it would change more. */
export async function textOf(file: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await readFile(file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    if (error instanceof TypeError) throw new SettingsError(file, '', 0, 'this is no UTF-8 text')
    throw error
  }
}

/** One that cannot be read is as good as none: what is ours is then known by its looks. */
async function readJournal(file: string): Promise<Journal | undefined> {
  const text = await textOf(file)
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Journal)
  } catch {
    return undefined
  }
}
