import { readWhole } from '@spanledger/sdk/platform'
import type { Files } from '@spanledger/sdk/platform'
import { readable } from './answer.ts'
import type { Outcome } from './outcome.ts'
import type { Target } from './settings.ts'

/** As the OTLP specification wants exporters to name themselves. */
export const USER_AGENT = 'OTel-OTLP-Exporter-Spanledger/0.1.0'

/** PEM texts, by the names of node:tls. */
export interface TlsFiles {
  ca?: string
  key?: string
  cert?: string
}

/** Errors: one that names the file that cannot be read. */
export async function readTlsFiles(files: Files, target: Target): Promise<TlsFiles> {
  const paths = { ca: target.certificate, key: target.clientKey, cert: target.clientCertificate }
  const tls: TlsFiles = {}
  for (const [name, path] of Object.entries(paths)) {
    if (path === undefined) continue
    const bytes = await readWhole(files, path)
    if (bytes === undefined) throw new Error(`${path} is not there`)
    tls[name as keyof TlsFiles] = new TextDecoder().decode(bytes)
  }
  return tls
}

/** What Node calls requests that cannot be made, such as headers that may not be sent; and answers that no OTLP server gives. */
const FINAL = /^ERR_(INVALID|HTTP2_INVALID|HTTP2_CONNECT|ANSWER_TOO_LONG)/

/** An attempt that ended without an answer. */
export function failureOf(error: unknown): Outcome {
  const isFinal = FINAL.test(String((error as { code?: unknown }).code))
  return { kind: isFinal ? 'refused' : 'unavailable', reason: reasonOf(error) }
}

/** An error's own words, with its code where they lack it. Several addresses that were tried make an error of errors. */
function reasonOf(error: unknown): string {
  const { errors, message, code } = error as { errors?: unknown[]; message?: string; code?: string }
  const text = message || (errors?.length ? reasonOf(errors[0]) : String(error))
  return readable(code === undefined || text.includes(code) ? text : `${code}: ${text}`)
}
