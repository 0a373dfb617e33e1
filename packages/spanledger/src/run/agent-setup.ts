import { basename } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

/** What a command needs to tell what it does: variables that are set for it, and arguments put right behind its name. */
export interface AgentSetup {
  /** The agent's name, as its sessions have it; null for any other command. */
  agent: string | null
  env: Record<string, string>
  args: string[]
}

interface Setup {
  agent: string
  env: Record<string, string>
  args?: (endpoint: string) => string[]
}

const STANDARD = { OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' }
const ALL_SIGNALS = {
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
}

/** By the name of the program. Source: docs/guides/agents.md, where the same is set by hand. */
const AGENTS: Record<string, Setup> = {
  claude: {
    agent: 'claude-code',
    env: {
      ...STANDARD,
      ...ALL_SIGNALS,
      CLAUDE_CODE_ENABLE_TELEMETRY: '1',
      CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
    },
  },
  codex: {
    agent: 'codex',
    env: {},
    // It reads no variables of OpenTelemetry's; settings given like this win over its file.
    args: (endpoint) =>
      (
        [
          ['exporter', 'logs'],
          ['trace_exporter', 'traces'],
          ['metrics_exporter', 'metrics'],
        ] as const
      ).flatMap(([table, signal]) => [
        '-c',
        `otel.${table}={otlp-http={endpoint="${endpoint}/v1/${signal}",protocol="binary"}}`,
      ]),
  },
  gemini: {
    agent: 'gemini-cli',
    env: {
      GEMINI_TELEMETRY_ENABLED: 'true',
      GEMINI_TELEMETRY_TRACES_ENABLED: 'true',
      GEMINI_TELEMETRY_TARGET: 'local',
      GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
    },
  },
  copilot: { agent: 'copilot-cli', env: { ...STANDARD, COPILOT_OTEL_ENABLED: 'true' } },
  opencode: {
    agent: 'opencode',
    env: {
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      // Without it there are spans of its own inside alone: no calls, no tokens. Merged with the user's files.
      OPENCODE_CONFIG_CONTENT: '{"experimental":{"openTelemetry":true}}',
    },
  },
}

/**
 * Points a command at an OTLP endpoint and puts `resource` on everything it records. What the user set stays: a variable
 * that is there already is left alone, but for the resource's attributes, to which ours are added.
 */
export function setUpAgent(
  program: string,
  endpoint: string,
  resource: Readonly<Record<string, string>>,
  userEnv: Environment,
): AgentSetup {
  const setup = setupOf(program)
  const wanted: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    ...setup?.env,
    ...(setup?.agent === 'gemini-cli' ? { GEMINI_TELEMETRY_OTLP_ENDPOINT: endpoint } : {}),
  }
  const env: Record<string, string> = {
    OTEL_RESOURCE_ATTRIBUTES: [userEnv['OTEL_RESOURCE_ATTRIBUTES'], ...Object.entries(resource).map(pair)]
      .filter(Boolean)
      .join(','),
  }
  for (const [name, value] of Object.entries(wanted)) if (!userEnv[name]) env[name] = value
  return { agent: setup?.agent ?? null, env, args: setup?.args?.(endpoint) ?? [] }
}

const setupOf = (program: string): Setup | undefined => {
  const name = basename(program).replace(/\.(exe|cmd|js|mjs)$/i, '')
  return Object.hasOwn(AGENTS, name) ? AGENTS[name] : undefined
}

/** The name of the coding agent that a program is; undefined for any other one. */
export const agentOf = (program: string): string | undefined => setupOf(program)?.agent

/** As OTEL_RESOURCE_ATTRIBUTES has it: a percent-encoded value behind its key. */
const pair = ([key, value]: [string, string]): string => `${key}=${encodeURIComponent(value)}`
