import type { Home } from '@spanledger/sdk/ledger'
import { isAgentOrigin } from '../agents/index.ts'
import { createTranscoder, type Transcoder } from '../otlp/index.ts'
import { createRedactor, type Redactor } from '@spanledger/sdk/redact'
import type { Config } from './config.ts'
import { loadConfig } from './load-config.ts'

/** The transcoder as a home's configuration wants it: what comes in by any way is redacted alike. */
export async function openTranscoder(home: Home): Promise<Transcoder> {
  return transcoderOf(await loadConfig(home.dir))
}

export async function openRedactor(home: Home): Promise<Redactor> {
  return createRedactor((await loadConfig(home.dir)).redaction)
}

export function transcoderOf(config: Config): Transcoder {
  return createTranscoder({ redactor: createRedactor(config.redaction), isAgentOrigin })
}
