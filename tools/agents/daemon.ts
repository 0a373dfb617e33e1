import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../packages/spanledger/bin/spanledger.js', import.meta.url))

export interface RunningDaemon {
  otlpHttpUrl: string
  otlpGrpcUrl: string
  stop(): Promise<void>
}

/** `spanledger up --json` in a process of its own, on free ports. */
export async function startDaemonProcess(home: string): Promise<RunningDaemon> {
  const ports = ['--otlp-http-port', '0', '--otlp-grpc-port', '0', '--port', '0']
  const child = spawn(process.execPath, [BIN, 'up', '--json', '--home', home, ...ports], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // Its user has no agents: it looks for nobody's transcripts.
    env: {
      ...process.env,
      HOME: join(home, 'user'),
      CLAUDE_CONFIG_DIR: '',
      CODEX_HOME: '',
      XDG_DATA_HOME: '',
    },
  })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  for await (const line of createInterface({ input: child.stdout })) {
    const { otlpHttpPort, otlpGrpcPort } = JSON.parse(line) as { otlpHttpPort: number; otlpGrpcPort: number }
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      await exited
    }
    return {
      otlpHttpUrl: `http://127.0.0.1:${otlpHttpPort}`,
      otlpGrpcUrl: `http://127.0.0.1:${otlpGrpcPort}`,
      stop,
    }
  }
  throw new Error('the daemon ended before it could receive')
}
