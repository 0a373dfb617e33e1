import type { SdkConfig } from '@spanledger/sdk/config'
import type { Platform } from '@spanledger/sdk/platform'
import type { Processor, RecordRedactor, Resource } from '@spanledger/sdk/record'
import type { Exporter } from '../exporter.ts'
import { batchProcessor } from '../batch-processor.ts'
import { consoleExporter } from '../console/console-exporter.ts'
import { otlpExporter } from '../otlp-exporter.ts'
import { redactingExporter } from '../redacting-exporter.ts'
import { batchOptions, otlpOptions } from './options.ts'

/**
 * What the SDK's settings say of exporters, as processors: `@spanledger/sdk` loads this where a setting wants one.
 *
 * None of what is given here is read from variables again.
 */
export function openExporters(
  config: SdkConfig,
  host: { platform: Platform; resource: Resource; redactor: RecordRedactor },
): Record<'otlp' | 'console', () => Processor> {
  const batched = (exporter: Exporter, redact: boolean): Processor =>
    batchProcessor({
      ...batchOptions(config),
      ...host,
      exporter: redact ? redactingExporter(exporter, host.redactor) : exporter,
    })
  const { otlp, console } = config.exporters
  return {
    otlp: () => batched(otlpExporter(host.platform, otlpOptions(config)), otlp.redact),
    // What stands on a terminal is as a rule kept in a file as well.
    console: () => batched(consoleExporter(undefined, undefined, console.pretty), true),
  }
}
