import type { Redactor } from '@spanledger/sdk/redact'
import { jsonToProtobuf } from './json-request.ts'
import { Protobuf } from './protobuf.ts'
import type { Signal, Transcoded } from './transcoded.ts'

/**
 * OTLP request bytes to ledger lines, redacted. The same content gives the same lines to the byte in both encodings.
 *
 * A span with an invalid id (all zero, or not 16 and 8 bytes) is rejected and the others are kept; so is a record whose
 * line would pass 16 MiB. A log record with such ids is kept without them, a span without links that have them.
 *
 * Errors  MalformedOtlpError: the request is not OTLP, and nothing of it was taken.
 * Source  docs/reference/ledger-format.md
 */
export interface Transcoder {
  protobuf(signal: Signal, bytes: Uint8Array): Transcoded
  json(signal: Signal, bytes: Uint8Array): Transcoded
}

interface TranscoderOptions {
  redactor: Redactor
  /** Whether a coding agent's adapter wants to see what this origin sends. */
  isAgentOrigin?: (serviceName: string, scopeName: string) => boolean
}

export function createTranscoder({ redactor, isAgentOrigin = () => false }: TranscoderOptions): Transcoder {
  const protobuf = new Protobuf(redactor, isAgentOrigin)
  return {
    protobuf: (signal, bytes) => protobuf.transcode(signal, bytes),
    json: (signal, bytes) => protobuf.transcode(signal, jsonToProtobuf(signal, bytes)),
  }
}
