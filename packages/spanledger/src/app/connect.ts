import { Buffer } from 'node:buffer'
import { request } from 'node:http'
import { join } from 'node:path'
import type { Platform } from '@spanledger/sdk/platform'
import type { Asker } from '../cli/index.ts'
import { type DaemonFile, readDaemonFile } from './daemon-file.ts'

/** A daemon that runs but does not answer is not waited for: the questions are answered in this process then. */
const CONNECT_MS_MAX = 1_000

/** The daemon of a home as somebody to ask; undefined when none runs, or when it does not answer. */
export async function connect(platform: Platform, home: string): Promise<Asker | undefined> {
  const daemon = await readDaemonFile(platform, { run: join(home, 'run') })
  if (daemon === undefined) return undefined
  const alive = await exchange(daemon, '/healthz', { timeoutMs: CONNECT_MS_MAX }).catch(() => undefined)
  if (alive?.status !== 200) return undefined
  return {
    async run(name, params) {
      const { status, body } = await exchange(daemon, `/api/v1/${name}`, { body: JSON.stringify(params) })
      const answer = JSON.parse(body) as { refused?: string; message?: string }
      if (status < 500) return answer
      throw Object.assign(new Error(`the daemon could not answer: ${answer.message}`), {
        code: answer.refused,
      })
    },
  }
}

/** One request and its whole answer. `node:http`, since loading `fetch` takes longer than most answers: 30 ms against 5. */
function exchange(
  { port, token }: DaemonFile,
  path: string,
  { body, timeoutMs }: { body?: string; timeoutMs?: number },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent: false,
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        )
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
