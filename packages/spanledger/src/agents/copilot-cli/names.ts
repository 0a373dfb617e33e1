import type { AgentNames } from '../mapping.ts'
import { genAiRules } from '../generic/names.ts'

/** Speaks the newest gen_ai names, in spans alone. Shell tools tell their exit code. Seen: 1.0. */
export const copilotCli: AgentNames = {
  agent: 'copilot-cli',
  services: ['github-copilot', 'copilot*'],
  scopes: ['github.copilot*'],
  mappings: [{ versions: '>=1 <2', session: ['gen_ai.conversation.id', 'session.id'], rules: genAiRules }],
}
