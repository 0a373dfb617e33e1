import type { Platform } from '@spanledger/sdk/platform'
import { startDaemon, type Daemon, type DaemonOptions } from './daemon.ts'

export interface UpOptions extends DaemonOptions {
  json: boolean
}

/**
 * `spanledger up`: the daemon in the foreground, until SIGINT or SIGTERM. With `json` the first line tells the ports, once it can
 * receive. A second signal ends it at once; what was acknowledged is on disk then too.
 */
export async function up(
  platform: Platform,
  options: UpOptions,
  tell: { print: (text: string) => void; warn: (message: string) => void },
): Promise<void> {
  const { print, warn } = tell
  const daemon = await startDaemon(platform, { ...options, warn })
  const { otlpHttpPort, otlpGrpcPort, port, home } = daemon
  print(options.json ? `${JSON.stringify({ otlpHttpPort, otlpGrpcPort, port, home })}\n` : welcome(daemon))
  await signalled()
  if (!options.json) print('\nStopping ...\n')
  await daemon.close()
}

function welcome({ home, otlpHttpPort, otlpGrpcPort, port }: Daemon): string {
  const base = `http://localhost:${otlpHttpPort}`
  return `Spanledger is recording into ${home}

  OTLP over HTTP   ${base}  (protobuf and JSON)
  OTLP over gRPC   http://localhost:${otlpGrpcPort}
  questions        http://localhost:${port}/api/v1/status  (the command line uses it by itself)

Point an agent here, once:

  npx spanledger connect claude-code     or codex, gemini-cli, copilot-cli, opencode, cursor

Then start it as ever, and ask in another terminal:

  npx spanledger sessions

Ctrl-C stops.
`
}

function signalled(): Promise<void> {
  return new Promise((resolve) => {
    const stop = (): void => {
      process.once('SIGINT', endAtOnce)
      process.once('SIGTERM', endAtOnce)
      resolve()
    }
    process.once('SIGINT', stop)
    process.once('SIGTERM', stop)
  })
}

/** Signals' default after our listeners are gone would do the same; this keeps the exit code honest. */
function endAtOnce(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
}
