import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'

const HOOKS = [
  'SessionStart',
  'UserPromptSubmit',
  'PostToolUse',
  'PostToolUseFailure',
  'SubagentStart',
  'PreCompact',
  'Stop',
  'SessionEnd',
]

const env = (endpoint: string): Record<string, string> => ({
  CLAUDE_CODE_ENABLE_TELEMETRY: '1',
  CLAUDE_CODE_ENHANCED_TELEMETRY_BETA: '1',
  OTEL_LOGS_EXPORTER: 'otlp',
  OTEL_TRACES_EXPORTER: 'otlp',
  OTEL_METRICS_EXPORTER: 'otlp',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
})

export const claudeCodeSetup: AgentSetup = {
  agent: 'claude-code',
  title: 'Claude Code',
  program: 'claude',
  env,
  // What stands in its files comes before variables, and this before its files.
  args: (endpoint, userEnv) =>
    userEnv['OTEL_EXPORTER_OTLP_ENDPOINT'] ? [] : ['--settings', JSON.stringify({ env: env(endpoint) })],
  settings: ({ userHome, env: given, project, endpoint, hook, hookMark }) => [
    {
      format: 'jsonc',
      // A project's settings.json is everybody's; the one beside it is this user's.
      file:
        project === undefined
          ? join(given['CLAUDE_CONFIG_DIR'] || join(userHome, '.claude'), 'settings.json')
          : join(project, '.claude', 'settings.local.json'),
      set: Object.entries(env(endpoint)).map(([name, value]) => ({ path: ['env', name], value })),
      add: HOOKS.map((name) => ({
        path: ['hooks', name],
        item: { hooks: [{ type: 'command', command: hook(name), timeout: 10 }] },
        mark: hookMark,
      })),
    },
  ],
}
