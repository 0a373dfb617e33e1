import { homedir, userInfo } from 'node:os'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import { createRedactor } from '@spanledger/sdk/redact'
import { parseCarrier, Work } from '../work/index.ts'
import { loadConfig } from './load-config.ts'

/** Agents that name their session to the commands they run, in the words their telemetry has for it. */
const SESSION_VARIABLES = ['CLAUDE_CODE_SESSION_ID', 'CODEX_THREAD_ID']

/** Tasks as this process sees them: its working directory, its user, and whoever it works for. */
export async function openWork(platform: Platform, home: Home, events: EventStore): Promise<Work> {
  const { redaction } = await loadConfig(home.dir)
  const redactor = createRedactor(redaction)
  const user = userName()
  const { SPANLEDGER_AGENT, SPANLEDGER_CARRIER, TRACEPARENT } = process.env
  // Of an agent inside of another one nobody can tell which of the two asks.
  const sessions = SESSION_VARIABLES.map((name) => process.env[name]).filter(
    (id) => id !== undefined && id !== '',
  )
  const session = sessions.length === 1 ? sessions[0] : undefined
  const carrier = parseCarrier(SPANLEDGER_CARRIER ?? '') ?? parseCarrier(TRACEPARENT ?? '')
  return new Work({
    platform,
    home,
    events,
    redact: (text) => redactor.redact(text).text,
    workingDirectory: process.cwd(),
    userHome: homedir(),
    asking: {
      agent: SPANLEDGER_AGENT ?? user ?? 'unknown',
      ...(session === undefined ? {} : { session }),
      ...(user === undefined ? {} : { userId: user }),
      ...(carrier === undefined ? {} : { carrier }),
    },
  })
}

/** A container's user need not have a name. */
function userName(): string | undefined {
  try {
    return userInfo().username || undefined
  } catch {
    return undefined
  }
}
