import { daemonTransport } from './daemon-transport.ts'
import type { OtlpExporterOptions } from './otlp-exporter.ts'
import type { Encoding, Signal, Transport } from './outcome.ts'
import type { Platform } from '@spanledger/sdk/platform'
import { targetOf } from './settings.ts'
import { openTransport } from './transport.ts'
import type { Warn } from './warn.ts'

/** The way of one signal; undefined when there is no address for it. `place` is what one circuit stands for. */
export function openLaneTransport(
  platform: Platform,
  signal: Signal,
  options: OtlpExporterOptions,
  environment: Readonly<Record<string, string | undefined>>,
  warn: Warn,
): { transport: Transport; encoding: Encoding; place: string } | undefined {
  if (options.daemon !== undefined) {
    const transport = daemonTransport(platform, signal, options.daemon)
    return { transport, encoding: 'protobuf', place: options.daemon }
  }
  const own = options.signals?.[signal]
  const target = targetOf(signal, { ...options, ...own }, environment, warn, own?.endpoint !== undefined)
  if (target === undefined) return undefined
  return {
    transport: openTransport(platform, target),
    encoding: target.protocol === 'http/json' ? 'json' : 'protobuf',
    place: target.url.origin,
  }
}
