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
  settings: ({ userHome, env, project, hook }) => [
    {
      format: 'own',
      file:
        project === undefined
          ? join(env['COPILOT_HOME'] || join(userHome, '.copilot'), 'hooks', 'spanledger.json')
          : join(project, '.github', 'hooks', 'spanledger.json'),
      text: `${JSON.stringify(
        {
          version: 1,
          hooks: Object.fromEntries(
            HOOKS.map((name) => [name, [{ type: 'command', bash: hook(name), timeoutSec: 10 }]]),
          ),
        },
        null,
        2,
      )}\n`,
    },
  ],
}
