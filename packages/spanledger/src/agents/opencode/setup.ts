import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'
import { pluginText } from './plugin.ts'

/** It takes any of these; the first that is there is edited. */
const NAMES = ['opencode.jsonc', 'opencode.json', 'config.json']

export const opencodeSetup: AgentSetup = {
  agent: 'opencode',
  title: 'opencode',
  program: 'opencode',
  env: (endpoint) => ({
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    // Without it there are spans of its own inside alone: no calls, no tokens. Merged with the user's files.
    OPENCODE_CONFIG_CONTENT: '{"experimental":{"openTelemetry":true}}',
  }),
  onlyByEnv: ['OTEL_EXPORTER_OTLP_ENDPOINT'],
  // Whenever it finds a plugin, wherever that stands: tried with 1.18.
  afterwards: 'opencode fetches its own library for plugins (@opencode-ai/plugin) from npm at its next start',
  settings({ userHome, env, project, hook }) {
    const user = join(env['XDG_CONFIG_HOME'] || join(userHome, '.config'), 'opencode')
    const dir = project ?? user
    const name = NAMES.find((one) => existsSync(join(dir, one))) ?? 'opencode.json'
    return [
      {
        format: 'jsonc',
        file: join(dir, name),
        set: [{ path: ['experimental', 'openTelemetry'], value: true }],
        add: [],
      },
      {
        format: 'own',
        file: join(project === undefined ? user : join(project, '.opencode'), 'plugin', 'spanledger.js'),
        text: pluginText(hook),
      },
    ]
  },
}
