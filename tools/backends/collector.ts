import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Built, build, freePort } from './build.ts'

export interface Collector {
  httpPort: number
  grpcPort: number
  /** Everything it received so far, as its debug exporter tells it. */
  told(): string
  stop(): Promise<void>
}

/** OpenTelemetry's Collector. */
export const buildCollector = (): Built => build('collector', '.')

/** Receives OTLP over HTTP and gRPC on the ports, or on free ones. */
export async function startCollector(
  program: string,
  ports: { httpPort: number; grpcPort: number } | undefined = undefined,
): Promise<Collector> {
  const httpPort = ports?.httpPort ?? (await freePort())
  const grpcPort = ports?.grpcPort ?? (await freePort())
  const folder = mkdtempSync(join(tmpdir(), 'spanledger-backends-'))
  const config = join(folder, 'config.yaml')
  writeFileSync(config, configuration(httpPort, grpcPort))
  const child = spawn(program, ['--config', config], { stdio: ['ignore', 'ignore', 'pipe'] })
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let output = ''
  const isReady = new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (output.includes('Everything is ready')) resolve()
    })
    void exited.then(() => reject(new Error(`the collector ended: ${output}`)))
  })
  await isReady
  return {
    httpPort,
    grpcPort,
    told: () => output,
    async stop() {
      child.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true })
    },
  }
}

const configuration = (httpPort: number, grpcPort: number): string => `
receivers:
  otlp:
    protocols:
      http: { endpoint: "127.0.0.1:${httpPort}" }
      grpc: { endpoint: "127.0.0.1:${grpcPort}" }
exporters:
  debug: { verbosity: detailed }
service:
  telemetry:
    metrics: { level: none }
  pipelines:
    traces: { receivers: [otlp], exporters: [debug] }
    metrics: { receivers: [otlp], exporters: [debug] }
    logs: { receivers: [otlp], exporters: [debug] }
`
