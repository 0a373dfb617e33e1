import { openHome } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { connect } from '../connect.ts'
import { readDaemonFile } from '../daemon-file.ts'
import { createQuestions } from '../questions.ts'
import { join } from 'node:path'

/** How many spans of a trace the ledger of a home has. Errors: those of the disk. */
export async function findInLedger(platform: Platform, dir: string, traceId: string): Promise<number> {
  const questions = createQuestions(platform, await openHome(platform, dir, { readOnly: true }))
  try {
    return spansOf(await questions.run('trace', { id: traceId }))
  } finally {
    await questions.close()
  }
}

/** The same, asked of the home's daemon, where the address is one of its ports on this machine; undefined where it is not. */
export async function findInDaemon(
  platform: Platform,
  { home, url, traceId }: { home: string; url: string; traceId: string },
): Promise<number | undefined> {
  const { hostname, port } = new URL(url)
  if (!['localhost', '127.0.0.1', '[::1]'].includes(hostname)) return undefined
  const daemon = await readDaemonFile(platform, { run: join(home, 'run') })
  if (daemon === undefined || ![daemon.otlpHttpPort, daemon.otlpGrpcPort].includes(Number(port)))
    return undefined
  const asker = await connect(platform, home)
  return asker && spansOf(await asker.run('trace', { id: traceId }))
}

/** A refusal is that there is no such trace. */
const spansOf = (answer: unknown): number => (answer as { spanCount?: number }).spanCount ?? 0
