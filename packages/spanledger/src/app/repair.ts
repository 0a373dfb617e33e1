import { repairSignals, sweepOwners, type Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'

/** Cuts off what dead writers left half written, beside receiving: this daemon's own segments are not among them. */
export async function repairTornLines(
  platform: Platform,
  home: Home,
  warn: (message: string) => void,
): Promise<void> {
  try {
    for (const { segment, offset, bytes } of await repairSignals(platform, home)) {
      warn(
        `cut ${bytes} bytes of an unfinished line off ${segment.path} at ${offset}: its writer died while writing it, before acknowledging it`,
      )
    }
    await sweepOwners(platform, home)
  } catch (error) {
    warn(`could not look for unfinished lines: ${(error as Error).message}`)
  }
}
