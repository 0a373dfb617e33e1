import { access, constants, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { openHome } from '@spanledger/sdk/ledger'
import { nodePlatform } from '@spanledger/sdk/platform'
import { AGENT_SETUPS } from '../../agents/index.ts'
import type { Asker, DoctorAnswer, Finding } from '../../cli/index.ts'
import { spoolOf, spoolStatus } from '../../hooks/index.ts'
import { loadPrices } from '../../projection/index.ts'
import { type AnswerOf, isRefusal } from '../../query/index.ts'
import type { Config } from '../config.ts'
import { connect } from '../connect.ts'
import { type DaemonFile, readDaemonFile } from '../daemon-file.ts'
import { loadConfig } from '../load-config.ts'
import { createQuestions } from '../questions.ts'
import type { Surroundings } from '../settings/inspect.ts'
import { homeOf } from './connect-agent.ts'
import { examineAgent } from './examine-agent.ts'

type Arrivals = AnswerOf<'arrivals'>

/** A clock that is so far behind what the ledger has seen was put back. */
const CLOCK_MS = 5 * 60_000

/**
 * What is connected, what arrives, what is missing, and what to type. Looks only: it makes no home and starts no agent.
 *
 * Errors  those of the disk
 */
export async function doctor(surroundings: Surroundings): Promise<DoctorAnswer> {
  const platform = nodePlatform()
  const dir = homeOf(surroundings)
  const findings: Finding[] = []
  const hints: Finding[] = []
  const exists = (await stat(join(dir, 'home.json')).catch(() => undefined)) !== undefined
  const writable = !exists || (await isWritable(dir))
  if (!writable)
    findings.push(
      finding(dir, 'HOME', 'it cannot be written', 'check who owns it, or name another one with --home DIR'),
    )
  const prices = await loadPrices(platform, { dir }).catch((error: Error & { code?: string }) => {
    if (error.code !== 'PRICES_INVALID') throw error
    const file = join(dir, 'prices.json')
    findings.push(finding(file, 'PRICES', error.message, `mend ${file}: docs/reference/cost.md`))
    return undefined
  })
  const arrivals = exists ? await askArrivals(dir, prices !== undefined) : undefined
  const config = await loadConfig(dir).catch((error: Error) => {
    findings.push(finding(join(dir, 'config.yaml'), 'CONFIG', error.message, 'spanledger config check'))
    return undefined
  })

  const examined = await Promise.all(
    AGENT_SETUPS.map((setup) =>
      examineAgent(
        surroundings,
        dir,
        setup,
        arrivals?.rows.find(({ agent }) => agent === setup.agent),
        config !== undefined,
      ),
    ),
  )
  findings.push(...examined.flatMap((one) => one.findings))
  hints.push(...examined.flatMap((one) => one.hints))
  const agents = examined.map(({ agent }) => agent)
  const isAnyConnected = examined.some(({ isConnected }) => isConnected)
  if (!isAnyConnected) {
    const { agent } = agents.find(({ installed }) => installed !== null) ?? agents[0]!
    findings.push(finding('agents', 'NOT_CONNECTED', 'no agent is connected', `spanledger connect ${agent}`))
  }

  const daemon = exists ? await readDaemonFile(platform, { run: join(dir, 'run') }) : undefined
  if (config !== undefined)
    findings.push(...(await daemonFindings(dir, config, daemon, isAnyConnected && exists)))
  const { waiting, aside } = await spoolStatus(platform, { dir })
  const missed = (arrivals?.rows ?? []).reduce((sum, row) => sum + row.hooksMissed, 0)
  if (missed > 0)
    findings.push(
      finding(
        'hooks',
        'HOOKS_MISSED',
        `${missed} hooks of the last day ran of which nothing arrived`,
        'see whether there is room on the disk; the notes of spanledger session show say where',
      ),
    )
  if (aside > 0)
    hints.push(
      finding(
        spoolOf({ dir }).aside,
        'HOOKS_ASIDE',
        `${aside} hooks could not be read`,
        'look at them: they go after a week',
      ),
    )
  const lastAt = arrivals?.lastAt ?? null
  if (lastAt !== null && Date.parse(lastAt) - platform.clock.nowMs() > CLOCK_MS)
    findings.push(
      finding('clock', 'CLOCK', `the ledger has seen ${lastAt}, which is yet to come`, 'set the clock'),
    )

  return {
    ok: findings.length === 0,
    home: { dir, writable },
    daemon: daemon === undefined ? null : addressesOf(daemon),
    spool: { waiting, aside, missed },
    agents,
    findings,
    hints,
  }
}

const finding = (where: string, code: string, message: string, next: string): Finding => ({
  where,
  code,
  message,
  next,
})

/** Without its token. */
const addressesOf = ({
  process,
  otlpHttpPort,
  otlpGrpcPort,
  port,
}: DaemonFile): NonNullable<DoctorAnswer['daemon']> => ({
  pid: process.pid,
  otlpHttpPort,
  otlpGrpcPort,
  port,
})

async function daemonFindings(
  dir: string,
  { receive }: Config,
  daemon: DaemonFile | undefined,
  isWanted: boolean,
): Promise<Finding[]> {
  const file = join(dir, 'config.yaml')
  if (daemon !== undefined)
    return receive.otlpHttpPort === daemon.otlpHttpPort
      ? []
      : [
          finding(
            'daemon',
            'OTHER_PORT',
            `it listens on ${daemon.otlpHttpPort}, and connected agents send to ${receive.otlpHttpPort}`,
            `set receive.otlpHttpPort in ${file}, then start it without --otlp-http-port and connect again`,
          ),
        ]
  const none = finding(
    'daemon',
    'NO_DAEMON',
    'none runs: telemetry is lost, what hooks tell waits',
    'spanledger up',
  )
  const ports = [receive.otlpHttpPort, receive.otlpGrpcPort]
  const taken = await Promise.all(ports.map(isTaken))
  return [
    ...(isWanted ? [none] : []),
    ...ports
      .filter((_, i) => taken[i])
      .map((port) =>
        finding(
          `port ${port}`,
          'PORT_IN_USE',
          'another program listens there, and gets what agents send',
          `stop it, or set another port under receive: in ${file}, then connect again`,
        ),
      ),
  ]
}

const isWritable = (dir: string): Promise<boolean> =>
  access(dir, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )

/** Of the daemon where one runs, else in this process; undefined where neither can tell. */
async function askArrivals(dir: string, canOpen: boolean): Promise<Arrivals | undefined> {
  const daemon = await connect(nodePlatform(), dir)
  const asker: Asker | undefined = daemon ?? (canOpen ? await openQuestions(dir) : undefined)
  if (asker === undefined) return undefined
  try {
    const answer = await asker.run('arrivals', {})
    return isRefusal(answer) ? undefined : (answer as Arrivals)
  } finally {
    await asker.close?.()
  }
}

async function openQuestions(dir: string): Promise<Asker> {
  const platform = nodePlatform()
  const readOnly = await openHome(platform, dir, { readOnly: true })
  return createQuestions(platform, await openHome(platform, dir).catch(() => readOnly))
}

function isTaken(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false)
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  })
}
