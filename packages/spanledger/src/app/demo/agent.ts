/**
 * The demo's agent: a process of its own whose model is a script and whose tools are real. It works in the current folder, and
 * tells what it does as OpenTelemetry to OTEL_EXPORTER_OTLP_ENDPOINT.
 */
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createDemoTelemetry, type DemoSpan } from './telemetry.ts'

/** What the scripted model answers, one after the other; tokens as a provider would report them. */
interface Turn {
  thinkMs: number
  input: number
  cacheRead: number
  output: number
  command?: string
  /** Runs the commands of these turns in a subagent instead. */
  subagent?: { name: string; turns: Turn[] }
}

const MODEL = 'demo-model'
const FIX = `sed -i.bak 's/sum - price/sum + price/' total.js && rm total.js.bak`

const SCRIPT: Turn[] = [
  { thinkMs: 240, input: 2_100, cacheRead: 0, output: 60, command: 'cat total.js total.test.js' },
  { thinkMs: 180, input: 2_500, cacheRead: 2_048, output: 45, command: 'node --test' },
  { thinkMs: 420, input: 2_900, cacheRead: 2_432, output: 150, command: FIX },
  { thinkMs: 160, input: 3_100, cacheRead: 2_816, output: 40, command: 'node --test' },
  {
    thinkMs: 200,
    input: 3_300,
    cacheRead: 3_072,
    output: 90,
    subagent: {
      name: 'reviewer',
      turns: [
        { thinkMs: 210, input: 900, cacheRead: 0, output: 30, command: 'git diff' },
        { thinkMs: 260, input: 1_200, cacheRead: 896, output: 80 },
      ],
    },
  },
  {
    thinkMs: 150,
    input: 3_700,
    cacheRead: 3_200,
    output: 70,
    command: `git commit --all --quiet --message 'Add prices instead of subtracting them'`,
  },
  { thinkMs: 190, input: 3_800, cacheRead: 3_584, output: 65 },
]

const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? 'http://localhost:4318'
const conversation = { 'gen_ai.conversation.id': randomUUID() }
const telemetry = createDemoTelemetry(endpoint, {
  'service.name': 'spanledger-demo-agent',
  'service.version': '1.0.0',
  'process.working_directory': process.cwd(),
})

async function runAgent(name: string, turns: Turn[], parent: DemoSpan | undefined): Promise<void> {
  const agent = telemetry.start(`invoke_agent ${name}`, 'internal', parent, {
    ...conversation,
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': name,
    'gen_ai.agent.id': `${name}-${randomUUID().slice(0, 8)}`,
  })
  for (const turn of turns) {
    await callModel(turn, agent)
    if (turn.command !== undefined) runTool(turn.command, agent)
    if (turn.subagent !== undefined) await runAgent(turn.subagent.name, turn.subagent.turns, agent)
  }
  agent.end()
  await telemetry.flush()
}

async function callModel(turn: Turn, agent: DemoSpan): Promise<void> {
  const span = telemetry.start(`chat ${MODEL}`, 'client', agent, {
    ...conversation,
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'demo',
    'gen_ai.request.model': MODEL,
  })
  await sleep(turn.thinkMs)
  span.set({
    'gen_ai.response.model': MODEL,
    'gen_ai.response.id': `demo-${randomUUID()}`,
    'gen_ai.usage.input_tokens': turn.input,
    'gen_ai.usage.cache_read.input_tokens': turn.cacheRead,
    'gen_ai.usage.output_tokens': turn.output,
  })
  span.end()
}

function runTool(command: string, agent: DemoSpan): void {
  const span = telemetry.start('execute_tool shell', 'internal', agent, {
    ...conversation,
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'shell',
    'gen_ai.tool.call.id': `call-${randomUUID()}`,
    'gen_ai.tool.call.arguments': JSON.stringify({ command }),
  })
  const env = { ...process.env, TRACEPARENT: `00-${telemetry.traceId}-${span.spanId}-01` }
  // node --test inside node --test reports to its parent instead of running: a child of a test run must not know of it.
  delete (env as Record<string, unknown>)['NODE_TEST_CONTEXT']
  const { status } = spawnSync(command, { shell: true, env, stdio: 'ignore' })
  span.set({ 'process.exit.code': status ?? -1 })
  if (status !== 0) span.fail()
  span.end()
}

await runAgent('fixer', SCRIPT, undefined)
