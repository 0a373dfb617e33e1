import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { type Beside, lookEvery } from './beside.ts'
import type { Config } from './config.ts'
import type { Questions } from './questions.ts'
import { runProgram } from './tending.ts'

/** Agents delete after weeks; what telemetry lost of a session is missed within minutes. */
const PACE = { firstMs: 20_000, everyMs: 120_000 }
/** Some lines could not be read: whoever imports by hand is told which. */
const LINES_LEFT = 1

/** A transcript is content: where a rule drops or hashes some class of it, no copy is kept. */
export const keepsContent = ({ content = {} }: Config['redaction']): boolean =>
  Object.values(content).every((rule) => rule === undefined || rule === 'keep')

/**
 * Archives the transcripts of agents that sent something to this ledger before they delete them, then imports them: each in a
 * process of its own at a low priority, one behind the other, and for a twentieth of the time at most. Nothing runs while no such
 * agent is known.
 *
 * archives  False where a rule of redaction drops content.
 */
export function keepTranscripts(
  platform: Pick<Platform, 'clock'>,
  home: Home,
  options: { questions: Pick<Questions, 'run'>; archives: boolean; warn: (message: string) => void },
): Beside {
  const { questions, archives, warn } = options
  return lookEvery(
    platform,
    PACE,
    async (stopped) => {
      const { TRANSCRIPT_AGENTS } = await import('../transcripts/index.ts')
      const { rows } = (await questions.run('agents', {})) as { rows: { agent: string }[] }
      const agents = [...new Set(rows.map(({ agent }) => agent))].filter((agent) =>
        TRANSCRIPT_AGENTS.includes(agent),
      )
      if (agents.length === 0) return
      const of = agents.join(' ')
      if (archives) await runProgram(`transcripts archive ${of}`, home, stopped, LINES_LEFT)
      await runProgram(`transcripts import ${of}`, home, stopped, LINES_LEFT)
    },
    (error) => warn(`could not keep transcripts: ${error.message}`),
  )
}
