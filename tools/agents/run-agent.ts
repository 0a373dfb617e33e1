import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { PACKAGES, type AgentName } from './install.ts'
import { PROMPT } from './scenarios.ts'

export type OtlpProtocol = 'http/json' | 'http/protobuf' | 'grpc'

export interface Run {
  bin: string
  /** Of the scripted model. */
  modelUrl: string
  /** Where OTLP goes: the port that speaks `protocol`. */
  otlpUrl: string
  protocol: OtlpProtocol
  /** A git repository. */
  cwd: string
  /** An empty folder: the agent finds no settings of anybody. */
  home: string
  /** Connects it, once its own settings are there: these say nothing of telemetry then. Returns variables to start it with. */
  connect?: () => Record<string, string>
}

interface Command {
  args: string[]
  env: Record<string, string>
}

/** An agent that did its work; `stop` ends what it left running. */
export interface Finished {
  code: number | null
  output: string
  stop(): Promise<void>
}

const AGENT_TIMEOUT_MS = 90_000
const KEPT = ['PATH', 'LANG', 'TERM'] as const

function settings(home: string, file: string, text: string): void {
  const path = join(home, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

/** How each agent is pointed at a model and at Spanledger. Source: docs/guides/agents.md. */
const COMMANDS: Record<AgentName, (run: Run) => Command> = {
  'claude-code': ({ modelUrl, otlpUrl, protocol, connect }) => ({
    args: ['-p', PROMPT, '--allowedTools', 'Bash'],
    env: {
      ANTHROPIC_BASE_URL: modelUrl,
      ANTHROPIC_API_KEY: 'not-a-key',
      DISABLE_AUTOUPDATER: '1',
      ...(connect
        ? {}
        : {
            CLAUDE_CODE_ENABLE_TELEMETRY: '1',
            CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
            OTEL_METRICS_EXPORTER: 'otlp',
            OTEL_LOGS_EXPORTER: 'otlp',
            OTEL_TRACES_EXPORTER: 'otlp',
            OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
            OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
          }),
    },
  }),
  codex: ({ modelUrl, otlpUrl, protocol, home, connect }) => {
    const kind = protocol === 'grpc' ? 'otlp-grpc' : 'otlp-http'
    const exporter = (table: string, signal: string): string =>
      `[otel.${table}.${kind}]\nendpoint = "${protocol === 'grpc' ? otlpUrl : `${otlpUrl}/v1/${signal}`}"\n` +
      (protocol === 'grpc' ? '' : `protocol = "${protocol === 'http/protobuf' ? 'binary' : 'json'}"\n`)
    settings(
      home,
      '.codex/config.toml',
      'model = "gpt-scripted"\nmodel_provider = "scripted"\n' +
        `[model_providers.scripted]\nname = "scripted"\nbase_url = "${modelUrl}/v1"\nenv_key = "SCRIPTED_KEY"\n` +
        'wire_api = "responses"\nsupports_websockets = false\n[otel]\nenvironment = "test"\n' +
        (connect
          ? ''
          : exporter('exporter', 'logs') +
            exporter('trace_exporter', 'traces') +
            exporter('metrics_exporter', 'metrics')),
    )
    // A person trusts new hooks once, in its interface.
    const trust = connect ? ['--dangerously-bypass-hook-trust'] : []
    return {
      args: ['exec', '--skip-git-repo-check', ...trust, '--sandbox', 'danger-full-access', PROMPT],
      env: { SCRIPTED_KEY: 'not-a-key' },
    }
  },
  'gemini-cli': ({ modelUrl, otlpUrl, protocol, home, connect }) => {
    const telemetry = {
      enabled: true,
      traces: true,
      target: 'local',
      otlpEndpoint: otlpUrl,
      otlpProtocol: protocol === 'grpc' ? 'grpc' : 'http',
      logPrompts: true,
    }
    settings(
      home,
      '.gemini/settings.json',
      JSON.stringify({
        security: { auth: { selectedType: 'gemini-api-key' }, folderTrust: { enabled: false } },
        ...(connect ? {} : { telemetry }),
        general: { enableAutoUpdate: false },
        privacy: { usageStatisticsEnabled: false },
      }),
    )
    return {
      args: ['-p', PROMPT, '--yolo'],
      env: { GEMINI_API_KEY: 'not-a-key', GOOGLE_GEMINI_BASE_URL: modelUrl },
    }
  },
  'copilot-cli': ({ modelUrl, otlpUrl, protocol, connect }) => ({
    args: ['-p', PROMPT, '--allow-all-tools'],
    env: {
      COPILOT_PROVIDER_BASE_URL: `${modelUrl}/v1`,
      COPILOT_PROVIDER_TYPE: 'openai',
      COPILOT_PROVIDER_WIRE_API: 'responses',
      COPILOT_MODEL: 'gpt-5.4',
      COPILOT_OFFLINE: 'true',
      ...(connect
        ? {}
        : {
            COPILOT_OTEL_ENABLED: 'true',
            OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
            OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
          }),
    },
  }),
  opencode: ({ modelUrl, otlpUrl, protocol, home, connect }) => {
    const provider = {
      npm: '@ai-sdk/openai',
      name: 'scripted',
      options: { baseURL: `${modelUrl}/v1`, apiKey: 'not-a-key' },
      models: { 'gpt-scripted': { name: 'gpt-scripted', tool_call: true } },
    }
    settings(
      home,
      '.config/opencode/opencode.json',
      JSON.stringify({
        autoupdate: false,
        share: 'disabled',
        ...(connect ? {} : { experimental: { openTelemetry: true } }),
        model: 'scripted/gpt-scripted',
        small_model: 'scripted/gpt-scripted',
        provider: { scripted: provider },
      }),
    )
    return {
      args: ['run', PROMPT],
      env: connect ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl, OTEL_EXPORTER_OTLP_PROTOCOL: protocol },
    }
  },
}

/** What an agent can speak. Gemini CLI's `http` is JSON; opencode has a JSON exporter only; Copilot CLI has no gRPC. */
export const PROTOCOLS: Record<AgentName, readonly OtlpProtocol[]> = {
  'claude-code': ['http/json', 'http/protobuf', 'grpc'],
  codex: ['http/json', 'http/protobuf', 'grpc'],
  'gemini-cli': ['http/json', 'grpc'],
  'copilot-cli': ['http/json', 'http/protobuf'],
  opencode: ['http/json'],
}

/** Runs an agent once, not interactively, and waits for it. */
export async function runAgent(agent: AgentName, run: Run): Promise<Finished> {
  const { args, env: own } = COMMANDS[agent](run)
  const env = { ...own, ...run.connect?.() }
  if (agent !== 'opencode')
    return { ...(await finish(start(agent, run, args, env))), stop: () => Promise.resolve() }
  // Leaving, `opencode run` does not wait for its exporter. A server that stays delivers within its five seconds.
  const port = await freePort()
  const server = start(agent, run, ['serve', '--port', String(port)], env)
  const exited = finish(server)
  await reachable(port)
  const attached = ['run', '--attach', `http://127.0.0.1:${port}`, '--dir', run.cwd, PROMPT]
  const result = await finish(start(agent, run, attached, {}))
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM')
    await exited
  }
  return { ...result, stop }
}

function start(agent: AgentName, run: Run, args: string[], env: Record<string, string>): ChildProcess {
  const kept = Object.fromEntries(
    KEPT.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
  return spawn(join(run.bin, PACKAGES[agent][1]), args, {
    cwd: run.cwd,
    env: { ...kept, HOME: run.home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function finish(child: ChildProcess): Promise<{ code: number | null; output: string }> {
  let output = ''
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-20_000))
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const timer = setTimeout(() => child.kill('SIGKILL'), AGENT_TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output })
    })
  })
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as net.AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve((socket.destroy(), true)))
      socket.once('error', () => resolve(false))
    })
    if (open) return
    await sleep(100)
  }
  throw new Error(`opencode serve did not listen on port ${port}`)
}
