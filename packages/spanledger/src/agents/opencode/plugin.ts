/**
 * opencode runs plugins instead of commands: this one hands what it sees to the same script, and waits the milliseconds that
 * takes, since `opencode run` ends without waiting. What it hands on is read by hooks.ts.
 *
 * hook  the command line of one hook by its name
 */
export const pluginText = (
  hook: (name: string) => string,
): string => `// Written by spanledger connect; spanledger disconnect opencode removes it.
import { spawnSync } from 'node:child_process'

const command = (name) => ${JSON.stringify(hook('NAME'))}.replace('NAME', name)

const tell = (name, payload) => {
  try {
    spawnSync('sh', ['-c', command(name)], { input: JSON.stringify(payload), stdio: ['pipe', 'ignore', 'ignore'], timeout: 10000 })
  } catch {}
}

export const Spanledger = async ({ directory }) => {
  const began = new Map()
  return {
    event: async ({ event }) => {
      const { type, properties: { info, sessionID, error } = {} } = event
      if (type === 'session.created') tell(type, { session_id: info.id, parent_id: info.parentID, cwd: info.directory ?? directory })
      else if (type === 'session.idle' || type === 'session.compacted') tell(type, { session_id: sessionID, cwd: directory })
      else if (type === 'session.error') tell(type, { session_id: sessionID, error: error?.data?.message ?? error?.name })
    },
    'chat.message': async ({ sessionID }, { parts }) => {
      const prompt = parts.filter((part) => part.type === 'text' && !part.synthetic).map((part) => part.text).join('\\n')
      tell('chat.message', { session_id: sessionID, cwd: directory, prompt })
    },
    'tool.execute.before': async ({ callID }) => {
      began.set(callID, Date.now())
      if (began.size > 1000) began.delete(began.keys().next().value)
    },
    'tool.execute.after': async ({ tool, sessionID, callID, args }, { metadata }) => {
      const start = began.get(callID)
      began.delete(callID)
      tell('tool.execute.after', {
        session_id: sessionID,
        cwd: directory,
        tool_name: tool,
        tool_use_id: callID,
        tool_input: args,
        exit_code: metadata?.exit,
        duration_ms: start === undefined ? undefined : Date.now() - start,
      })
    },
  }
}
`
