import { homedir, userInfo } from 'node:os'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { EventStore } from '@spanledger/sdk/store'
import { createRedactor } from '@spanledger/sdk/redact'
import { parseCarrier, Work } from '../work/index.ts'
import { loadConfig } from './load-config.ts'

/** Tasks as this process sees them: its working directory, its user, and whoever it works for. */
export async function openWork(platform: Platform, home: Home, events: EventStore): Promise<Work> {
  const { redaction } = await loadConfig(home.dir)
  const redactor = createRedactor(redaction)
  const user = userName()
  const { SPANLEDGER_AGENT, SPANLEDGER_CARRIER, TRACEPARENT } = process.env
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
