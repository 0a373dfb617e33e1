import type { RetentionRules } from '@spanledger/sdk/ledger'
import type { RedactionConfig } from '@spanledger/sdk/redact'
import type { WatchSettings } from '../watch/index.ts'

/** HOME/config.yaml. Every key is optional; the file too. Source: docs/reference/configuration.md */
export interface Config {
  receive: {
    /** OTLP over HTTP; 0 for any free port. */
    otlpHttpPort: number
    /** OTLP over gRPC. */
    otlpGrpcPort: number
    /** The daemon's own HTTP interface. */
    port: number
    /** Host names beside localhost that requests may be addressed to. */
    allowedHosts: string[]
  }
  sealing: {
    /** Whether the daemon packs closed segments by itself; `spanledger seal` does it all the same. */
    background: boolean
  }
  transcripts: {
    /** Whether the daemon archives and imports the transcripts of agents that sent something. */
    background: boolean
  }
  redaction: Partial<RedactionConfig>
  /** A kind without a rule is kept for ever. */
  retention: RetentionRules
  /** When a session counts as stuck, run away or over its limits. */
  watch: Partial<WatchSettings>
}

export const DEFAULT_CONFIG: Config = {
  receive: { otlpHttpPort: 4318, otlpGrpcPort: 4317, port: 4319, allowedHosts: [] },
  sealing: { background: true },
  transcripts: { background: true },
  redaction: {},
  retention: {},
  watch: {},
}

/** The file cannot be used; names the file, the place in it and what is wrong. */
export class ConfigError extends Error {
  readonly code = 'CONFIG'
  readonly file: string
  readonly findings: readonly ConfigFinding[]
  constructor(file: string, reason: string | readonly ConfigFinding[]) {
    const findings = typeof reason === 'string' ? [{ line: 0, message: reason, next: SEE }] : reason
    super(`${file}: ${findings.map(told).join('; ')}`)
    this.file = file
    this.findings = findings
  }
}

/** One thing that is wrong; `line` is 0 where it is the file as a whole. */
export interface ConfigFinding {
  line: number
  message: string
  next: string
}

const SEE = 'see docs/reference/configuration.md'

const told = ({ line, message, next }: ConfigFinding): string =>
  [line === 0 ? '' : `line ${line}: `, message, next === SEE ? '' : `, ${next}`].join('')
