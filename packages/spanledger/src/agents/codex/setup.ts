import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'

const HOOKS = [
  'SessionStart',
  'UserPromptSubmit',
  'PostToolUse',
  'SubagentStart',
  'PreCompact',
  'Stop',
  'SessionEnd',
]

const SIGNALS = [
  ['exporter', 'logs'],
  ['trace_exporter', 'traces'],
  ['metrics_exporter', 'metrics'],
] as const

export const codexSetup: AgentSetup = {
  agent: 'codex',
  title: 'Codex',
  program: 'codex',
  // It reads no variables of OpenTelemetry's; settings given as arguments win over its file.
  env: () => ({}),
  args: (endpoint) =>
    SIGNALS.flatMap(([table, signal]) => [
      '-c',
      `otel.${table}={otlp-http={endpoint="${endpoint}/v1/${signal}",protocol="binary"}}`,
    ]),
  settings({ userHome, env, project, endpoint, hook, hookMark }) {
    const dir =
      project === undefined ? env['CODEX_HOME'] || join(userHome, '.codex') : join(project, '.codex')
    return [
      {
        format: 'toml',
        file: join(dir, 'config.toml'),
        tables: SIGNALS.map(([table, signal]) => ({
          path: ['otel', table, 'otlp-http'],
          keys: { endpoint: `${endpoint}/v1/${signal}`, protocol: 'binary' },
        })),
      },
      {
        format: 'jsonc',
        file: join(dir, 'hooks.json'),
        set: [],
        add: HOOKS.map((name) => ({
          path: ['hooks', name],
          item: { hooks: [{ type: 'command', command: hook(name), timeout: 10 }] },
          mark: hookMark,
        })),
      },
    ]
  },
  afterwards:
    'Codex asks once whether it may run new hooks: start it, open /hooks and trust those of spanledger',
}
