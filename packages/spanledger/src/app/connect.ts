import { join } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'
import type { Asker } from '../cli/index.ts'
import { readDaemonFile } from './daemon-file.ts'

/** A daemon that runs but does not answer is not waited for: the questions are answered in this process then. */
const CONNECT_MS_MAX = 1_000

/** The daemon of a home as somebody to ask; undefined when none runs, or when it does not answer. */
export async function connect(platform: Platform, home: string): Promise<Asker | undefined> {
  const file = await readDaemonFile(platform, { run: join(home, 'run') })
  if (file === undefined) return undefined
  const base = `http://127.0.0.1:${file.port}`
  const alive = await fetch(`${base}/healthz`, { signal: AbortSignal.timeout(CONNECT_MS_MAX) }).catch(
    () => undefined,
  )
  if (alive?.ok !== true) return undefined
  return {
    async run(name, params) {
      const response = await fetch(`${base}/api/v1/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${file.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(params),
      })
      const answer = (await response.json()) as { refused?: string; message?: string }
      if (response.status < 500) return answer
      throw Object.assign(new Error(`the daemon could not answer: ${answer.message}`), {
        code: answer.refused,
      })
    },
  }
}
