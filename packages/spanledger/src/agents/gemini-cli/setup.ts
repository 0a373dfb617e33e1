import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'

const HOOKS = ['SessionStart', 'BeforeAgent', 'AfterTool', 'AfterAgent', 'SessionEnd']

export const geminiCliSetup: AgentSetup = {
  agent: 'gemini-cli',
  title: 'Gemini CLI',
  program: 'gemini',
  env: (endpoint) => ({
    GEMINI_TELEMETRY_ENABLED: 'true',
    GEMINI_TELEMETRY_TRACES_ENABLED: 'true',
    GEMINI_TELEMETRY_TARGET: 'local',
    GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
    GEMINI_TELEMETRY_OTLP_ENDPOINT: endpoint,
  }),
  settings: ({ userHome, env, project, endpoint, hook, hookMark }) => [
    {
      format: 'jsonc',
      file: join(project ?? (env['GEMINI_CLI_HOME'] || userHome), '.gemini', 'settings.json'),
      set: Object.entries({
        enabled: true,
        traces: true,
        target: 'local',
        otlpProtocol: 'http',
        otlpEndpoint: endpoint,
      }).map(([name, value]) => ({ path: ['telemetry', name], value })),
      add: HOOKS.map((name) => ({
        path: ['hooks', name],
        item: { hooks: [{ name: 'spanledger', type: 'command', command: hook(name), timeout: 10_000 }] },
        mark: hookMark,
      })),
    },
  ],
}
