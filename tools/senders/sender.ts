import { type ToolchainName, TOOLCHAINS } from './install.ts'
import type { Spanledger } from './program.ts'

/** One sender in one way of sending. */
export interface Sender {
  toolchain: ToolchainName
  protocol: 'http/protobuf' | 'http/json' | 'grpc'
  gzip?: true
  temporality?: 'delta'
}

/** Skips with a printed reason where the toolchain is not there. */
export function commandOf(name: ToolchainName, skip: (reason: string) => never): readonly string[] {
  const toolchain = TOOLCHAINS[name]()
  return 'missing' in toolchain ? skip(toolchain.missing) : toolchain.command
}

/** OpenTelemetry's variables that point a sender at Spanledger. */
export function environment(
  spanledger: Spanledger,
  { protocol, gzip, temporality }: Sender,
): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: protocol === 'grpc' ? spanledger.otlpGrpcUrl : spanledger.otlpHttpUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    ...(gzip && { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
    ...(temporality && { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: temporality }),
  }
}
