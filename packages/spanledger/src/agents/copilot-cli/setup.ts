import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'

const HOOKS = [
  'sessionStart',
  'userPromptSubmitted',
  'postToolUse',
  'postToolUseFailure',
  'errorOccurred',
  'agentStop',
  'sessionEnd',
]

export const copilotCliSetup: AgentSetup = {
  agent: 'copilot-cli',
  title: 'Copilot CLI',
  program: 'copilot',
  env: (endpoint) => ({
    COPILOT_OTEL_ENABLED: 'true',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
  }),
  onlyByEnv: ['COPILOT_OTEL_ENABLED', 'OTEL_EXPORTER_OTLP_PROTOCOL', 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  settings: ({ userHome, env, project, hook, hookMark }) => [
    {
      format: 'jsonc',
      file:
        project === undefined
          ? join(env['COPILOT_HOME'] || join(userHome, '.copilot'), 'hooks', 'spanledger.json')
          : join(project, '.github', 'hooks', 'spanledger.json'),
      set: [{ path: ['version'], value: 1 }],
      add: HOOKS.map((name) => ({
        path: ['hooks', name],
        item: { type: 'command', bash: hook(name), timeoutSec: 10 },
        mark: hookMark,
      })),
    },
  ],
}
