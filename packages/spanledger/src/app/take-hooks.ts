import { join } from 'node:path'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import type { HookSink } from '../hooks/index.ts'
import { type Beside, lookEvery } from './beside.ts'
import type { Questions } from './questions.ts'

/** What a hook told stands in the ledger that soon, at most: until then it is not redacted. */
const PACE = { firstMs: 500, everyMs: 1_000 }

/** Takes what hooks wrote as they write it. */
export function takeHooksInBackground(
  platform: Platform,
  questions: Pick<Questions, 'takeHooks'>,
  warn: (message: string) => void,
): Beside {
  return lookEvery(
    platform,
    PACE,
    () => questions.takeHooks(),
    (error) => warn(`hooks wait and cannot be taken: ${error.message}`),
  )
}

/** Errors  those of the event store and of the disk. */
export async function takeHooksOf(
  platform: Platform,
  home: Home,
  events: () => Promise<HookSink>,
): Promise<void> {
  // Most homes have none: nothing is loaded for them.
  if ((await platform.files.stat(join(home.dir, 'hooks'))) === undefined) return
  const [{ takeHooks }, { openRedactor }] = await Promise.all([
    import('../hooks/index.ts'),
    import('./transcode.ts'),
  ])
  await takeHooks({ platform, home, events, redactor: () => openRedactor(home) })
}
