import type { Ended } from '../run/index.ts'
import type { RunTrace } from './run-attempt.ts'

interface RunSpan {
  context: RunTrace & { spanId: string }
  startedNs: bigint
  durationMs: number
  program: string
  agent: string | null
  ended: Ended
  cwd: string
}

type Value = string | number

/** The run itself as an OTLP/JSON request of one span: the parent that its agent's spans name. */
export function runSpan(
  { context, startedNs, durationMs, program, agent, ended, cwd }: RunSpan,
  resource: Readonly<Record<string, string>>,
): Uint8Array {
  const failed = ended.exitCode !== 0
  const attributes: Record<string, Value> = {
    'process.executable.name': program,
    'process.exit.code': ended.exitCode,
    'process.working_directory': cwd,
    ...(agent === null ? {} : { 'spanledger.agent': agent }),
    ...(ended.usage === undefined ? {} : { 'spanledger.run.cpu_ms': ended.usage.cpuMs }),
  }
  const span = {
    traceId: context.traceId,
    spanId: context.spanId,
    ...(context.parentSpanId === undefined ? {} : { parentSpanId: context.parentSpanId }),
    name: `run ${program}`,
    kind: 1,
    startTimeUnixNano: String(startedNs),
    endTimeUnixNano: String(startedNs + BigInt(durationMs) * 1_000_000n),
    attributes: attributesOf(attributes),
    flags: 257,
    ...(failed ? { status: { code: 2, message: endOf(ended) } } : {}),
  }
  const request = {
    resourceSpans: [
      {
        resource: { attributes: attributesOf({ 'service.name': 'spanledger-run', ...resource }) },
        scopeSpans: [{ scope: { name: 'spanledger' }, spans: [span] }],
      },
    ],
  }
  return new TextEncoder().encode(JSON.stringify(request))
}

const endOf = ({ exitCode, signal }: Ended): string =>
  signal === null ? `exit ${exitCode}` : `ended by ${signal}`

const attributesOf = (values: Readonly<Record<string, Value>>): object[] =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: String(value) },
  }))
