import http, { type RequestListener } from 'node:http'
import type { Home } from '@spanledger/sdk/ledger'
import type { Platform } from '@spanledger/sdk/platform'
import { type Listening, listenOnLoopback } from '../receive/index.ts'
import type { Config } from './config.ts'
import type { Questions } from './questions.ts'
import type { Receiver } from './receiver.ts'

/** What only has to be there when the first record comes: loaded while the command starts. */
export interface Recording {
  receiver: Receiver
  questions: Questions
  config: Config
}

/** The port of a run, there at once; requests wait for what takes them. */
export function listenForRun(recording: () => Promise<Recording>): Promise<Listening> {
  const listener: RequestListener = (request, response) => {
    void recording().then(
      ({ receiver }) => receiver.http(request, response),
      () => response.writeHead(503).end(),
    )
  }
  return listenOnLoopback(() => http.createServer(listener), 0, 'OTLP over HTTP', '')
}

export async function openRecording(
  platform: Platform,
  home: Home,
  warn: (message: string) => void,
): Promise<Recording> {
  const [{ loadConfig }, { createReceiver }, { createQuestions }] = await Promise.all([
    import('./load-config.ts'),
    import('./receiver.ts'),
    import('./questions.ts'),
  ])
  const questions = createQuestions(platform, home)
  const config = await loadConfig(home.dir)
  const receiver = createReceiver(platform, home, config, {
    warn,
    onAgentBatch: (batch) => questions.observe(batch),
  })
  return { receiver, questions, config }
}
