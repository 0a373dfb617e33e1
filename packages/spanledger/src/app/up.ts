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

Point an agent here, for example Claude Code:

  export CLAUDE_CODE_ENABLE_TELEMETRY=1 CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1 \\
    OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp OTEL_TRACES_EXPORTER=otlp \\
    OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf OTEL_EXPORTER_OTLP_ENDPOINT=${base}

Others: docs/guides/agents.md. Then ask in another terminal:

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
