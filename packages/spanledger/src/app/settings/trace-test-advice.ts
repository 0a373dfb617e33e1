import type { Destination } from '../../cli/index.ts'

/** What to do, by what went wrong: the first that fits. */
const ADVICE: readonly [RegExp, string][] = [
  [
    /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/,
    'nobody listens there: start the collector (spanledger up is one), or name another with spanledger trace enable --otlp-endpoint URL',
  ],
  [
    /\b40[13]\b|UNAUTHENTICATED|PERMISSION_DENIED/,
    'the collector wants a key: set telemetry.exporters.otlp.apiKey or .headers, or OTEL_EXPORTER_OTLP_HEADERS',
  ],
  [
    /\b40[45]\b|UNIMPLEMENTED|web page/,
    "that is no address for OTLP: exporters.otlp.endpoint is the base, to which v1/traces is added; a signal's own is taken as it is",
  ],
  [
    /CERT|SSL|TLS|certificate|EPROTO/i,
    'check https or http in the address, and telemetry.exporters.otlp.certificate for an authority of your own',
  ],
  [
    /Protocol error|HTTP2|ERR_HTTP2|Parse Error|HPE_|hang up|ECONNRESET/i,
    'the port may speak the other protocol: 4318 is http/protobuf, 4317 is grpc (exporters.otlp.protocol)',
  ],
  [
    /no answer within|timed out|DEADLINE_EXCEEDED/i,
    'the collector is slow or stuck: look there, or raise telemetry.exporters.otlp.timeout',
  ],
]

export function adviceFor({ exporter, to }: Destination, problems: string): string {
  if (exporter === 'ledger') return `check that ${to} can be written: spanledger status, spanledger verify`
  return ADVICE.find(([fits]) => fits.test(problems))?.[1] ?? 'see what the collector says in its own log'
}
