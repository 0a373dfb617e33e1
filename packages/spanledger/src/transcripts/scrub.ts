import type { Observation } from '../agents/index.ts'
import { hashOf, type Redactor } from '@spanledger/sdk/redact'

/** What the fields of an observation are called where the rules of redaction know them: each class of content has its own. */
const CALLED: Readonly<Partial<Record<keyof Observation, string>>> = {
  text: 'prompt',
  command: 'full_command',
}
/** As long as texts are in events: the whole stands in the transcript. */
const TEXT_MAX = 2_000

/** Takes secrets out of what a line told, before it is written anywhere, and cuts long texts. Returns how many there were. */
export function scrub(data: Observation, redactor: Redactor): number {
  let count = 0
  const fields = data as unknown as Record<string, unknown>
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== 'string') continue
    const policy = redactor.policyOfKey(CALLED[name as keyof Observation] ?? name)
    if (policy.action === 'scan') {
      // Longer than what is kept, so that a secret on the edge is seen as a whole.
      const { text, count: found } = redactor.redact(value.slice(0, 2 * TEXT_MAX))
      fields[name] = text.slice(0, TEXT_MAX)
      count += found
    } else {
      fields[name] = policy.action === 'hash' ? hashOf(value) : policy.mark
      count++
    }
  }
  return count
}
