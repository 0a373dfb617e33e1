import { spawn } from 'node:child_process'
import { type Built, build, freePort } from './build.ts'

/** A trace as Jaeger's own interface tells it: the parts that are looked at. */
export interface JaegerTrace {
  traceID: string
  spans: {
    spanID: string
    operationName: string
    references: { refType: string; spanID: string }[]
    startTime: number
    duration: number
    tags: { key: string; type: string; value: unknown }[]
    logs: { fields: { key: string; value: unknown }[] }[]
    processID: string
  }[]
  processes: Record<string, { serviceName: string; tags: { key: string; value: unknown }[] }>
}

export interface Jaeger {
  httpPort: number
  grpcPort: number
  /** What it kept of a trace; undefined while it has nothing. */
  trace(traceId: string): Promise<JaegerTrace | undefined>
  stop(): Promise<void>
}

export const buildJaeger = (): Built => build('jaeger', 'github.com/jaegertracing/jaeger/cmd/all-in-one')

/** Jaeger with everything in one process, in memory, on free ports. */
export async function startJaeger(program: string): Promise<Jaeger> {
  const ports = {
    'collector.otlp.http.host-port': await freePort(),
    'collector.otlp.grpc.host-port': await freePort(),
    'collector.http-server.host-port': await freePort(),
    'collector.grpc-server.host-port': await freePort(),
    'query.http-server.host-port': await freePort(),
    'query.grpc-server.host-port': await freePort(),
    'admin.http.host-port': await freePort(),
  }
  const args = Object.entries(ports).map(([name, port]) => `--${name}=127.0.0.1:${port}`)
  const child = spawn(program, ['--collector.otlp.enabled=true', ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, SPAN_STORAGE_TYPE: 'memory' },
  })
  let told = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told = `${told}${text}`.slice(-10_000)))
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
  }
  const query = `http://127.0.0.1:${ports['query.http-server.host-port']}`
  const isHealthy = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${ports['admin.http.host-port']}/`).then(
      ({ ok }) => ok,
      () => false,
    )
  for (const until = Date.now() + START_MS_MAX; !(await isHealthy()); await pause()) {
    if (child.exitCode === null && Date.now() < until) continue
    await stop()
    throw new Error(`Jaeger did not start: ${told}`)
  }
  return {
    httpPort: ports['collector.otlp.http.host-port'],
    grpcPort: ports['collector.otlp.grpc.host-port'],
    async trace(traceId) {
      const answer = await fetch(`${query}/api/traces/${traceId}`)
      return ((await answer.json()) as { data?: JaegerTrace[] | null }).data?.[0]
    },
    stop,
  }
}

const START_MS_MAX = 30_000

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 100))
