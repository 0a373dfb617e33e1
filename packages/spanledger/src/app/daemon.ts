import { randomBytes } from 'node:crypto'
import http from 'node:http'
import { openHome, type Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { createOtlpGrpcServer, listenOnLoopback, type Listening } from '../receive/index.ts'
import type { Beside } from './beside.ts'
import { keepsContent, keepTranscripts } from './keep-transcripts.ts'
import { loadConfig } from './load-config.ts'
import { claimDaemonFile, readDaemonFile, removeDaemonFile } from './daemon-file.ts'
import { createApiServer } from './api-server.ts'
import { createQuestions, type Questions } from './questions.ts'
import { createReceiver } from './receiver.ts'
import { repairTornLines } from './repair.ts'
import { takeHooksInBackground } from './take-hooks.ts'
import { tendInBackground } from './tending.ts'
import { tieSessions } from './tie-sessions.ts'
import { watchWorktrees } from './watch-worktrees.ts'
import { createWarner } from './warn.ts'
import { watchBudgets } from './watch-budgets.ts'
import { watchCommits } from './watch-commits.ts'
import { watchSessions } from './watch-sessions.ts'

export interface DaemonOptions {
  home: string
  otlpHttpPort?: number
  otlpGrpcPort?: number
  port?: number
  /** Told what somebody should look at: the disk refuses, a torn line was cut off. */
  warn?: (message: string) => void
}

/** A daemon that receives. */
export interface Daemon {
  home: string
  otlpHttpPort: number
  otlpGrpcPort: number
  port: number
  /** Stops receiving, writes what is on its way, and ends. */
  close(): Promise<void>
}

class AlreadyRunningError extends Error {
  readonly code = 'ALREADY_RUNNING'
  readonly home: string
  readonly pid: number
  constructor(home: string, pid: number, port: number) {
    super(`a daemon already runs for ${home}: process ${pid}, port ${port}; stop it with: kill ${pid}`)
    this.home = home
    this.pid = pid
  }
}

/** Tasks are followed once the daemon is at rest: receiving comes first. */
const FOLLOW_AFTER_MS = 500

function followTasks(platform: Platform, questions: Questions, warn: (message: string) => void): Beside {
  const stopping = new AbortController()
  const following = platform.clock
    .sleep(FOLLOW_AFTER_MS, stopping.signal)
    .then(() => (stopping.signal.aborted ? undefined : questions.follow(stopping.signal, warn)))
  return {
    async stop() {
      stopping.abort()
      await following
    },
  }
}

async function refuseSecond(platform: Platform, home: Home): Promise<void> {
  const running = await readDaemonFile(platform, home)
  if (running !== undefined) throw new AlreadyRunningError(home.dir, running.process.pid, running.port)
}

/**
 * The only wiring: configuration -> receivers -> transcoder -> ledger -> sessions and questions.
 *
 * Resolves as soon as it can receive; what only questions need is opened with the first of them.
 *
 * Errors  ConfigError, HomeUnwritableError, HomeNewerError, AlreadyRunningError, PortInUseError
 */
export async function startDaemon(platform: Platform, options: DaemonOptions): Promise<Daemon> {
  const home = await openHome(platform, options.home)
  await refuseSecond(platform, home)
  const config = await loadConfig(home.dir)
  const ports = { ...config.receive, ...options }
  const warn = createWarner(platform, options.warn)

  const receiver = createReceiver(platform, home, config, {
    warn,
    onAgentBatch: (batch) => questions.observe(batch),
  })
  const { guard } = receiver
  const questions = createQuestions(platform, home, { received: receiver.counts })
  const token = randomBytes(24).toString('base64url')
  const run = (name: string, params: unknown): Promise<unknown> => questions.answer(name, params)

  const listening: Listening[] = []
  const listen = async (
    create: Parameters<typeof listenOnLoopback>[0],
    port: number,
    service: string,
    option: string,
  ): Promise<number> => {
    const listener = await listenOnLoopback(create, port, service, option)
    listening.push(listener)
    return listener.port
  }
  const beside: Beside[] = []
  const close = async (): Promise<void> => {
    questions.hurry()
    await Promise.all(listening.map((listener) => listener.close()))
    removeDaemonFile(home, token)
    await Promise.all(beside.map((work) => work.stop()))
    await receiver.close()
    await questions.close()
  }

  try {
    const otlpHttpPort = await listen(
      () => http.createServer(receiver.http),
      ports.otlpHttpPort,
      'OTLP over HTTP',
      '--otlp-http-port',
    )
    const otlpGrpcPort = await listen(
      () => createOtlpGrpcServer(receiver.parts),
      ports.otlpGrpcPort,
      'OTLP over gRPC',
      '--otlp-grpc-port',
    )
    const port = await listen(
      () => createApiServer({ run, guard, token }),
      ports.port,
      "the daemon's own interface",
      '--port',
    )
    const addresses = { otlpHttpPort, otlpGrpcPort, port }
    const file = { process: await platform.processes.self(), token, ...addresses }
    if (!(await claimDaemonFile(platform, home, file))) await refuseSecond(platform, home)
    const repairing = repairTornLines(platform, home, warn)
    beside.push(
      { stop: () => repairing },
      tendInBackground(platform, home, {
        seals: config.sealing.background,
        retains: Object.keys(config.retention).length > 0,
        warn,
      }),
      followTasks(platform, questions, warn),
      takeHooksInBackground(platform, questions, warn),
      watchSessions(platform, questions, config.watch, warn),
      tieSessions(platform, questions.tying, warn),
      watchWorktrees(platform, questions, warn),
      watchCommits(platform, questions, warn),
      watchBudgets(platform, questions, warn),
    )
    if (config.transcripts.background)
      beside.push(
        keepTranscripts(platform, home, { questions, archives: keepsContent(config.redaction), warn }),
      )
    return { home: home.dir, ...addresses, close }
  } catch (error) {
    await close()
    throw error
  }
}
