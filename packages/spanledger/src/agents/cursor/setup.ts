import { join } from 'node:path'
import type { AgentSetup } from '../setup.ts'

const HOOKS = [
  'sessionStart',
  'beforeSubmitPrompt',
  'postToolUse',
  'postToolUseFailure',
  'subagentStart',
  'preCompact',
  'stop',
  'sessionEnd',
]

/** It sends no telemetry of its own. */
export const cursorSetup: AgentSetup = {
  agent: 'cursor',
  title: 'Cursor',
  program: 'cursor-agent',
  env: () => ({}),
  settings: ({ userHome, project, hook, hookMark }) => [
    {
      format: 'jsonc',
      file: join(project ?? userHome, '.cursor', 'hooks.json'),
      set: [{ path: ['version'], value: 1 }],
      add: HOOKS.map((name) => ({
        path: ['hooks', name],
        item: { command: hook(name) },
        mark: hookMark,
      })),
    },
  ],
}
