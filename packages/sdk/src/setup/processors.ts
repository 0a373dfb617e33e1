import { exportersOf, SIGNALS } from '../config/index.ts'
import type { SdkConfig, Signal } from '../config/index.ts'
import type { Platform } from '../platform/index.ts'
import { LedgerProcessor } from '../record/index.ts'
import type { Exporter, Processor, RecordRedactor, Report, Resource } from '../record/index.ts'
import { batchOptions, otlpOptions } from './otlp.ts'
import { onlySignals } from './only-signals.ts'

/** What processors are made with. */
export interface ProcessorHost {
  platform: Platform
  resource: Resource
  /** Takes secrets out as the home's configuration says. The ledger's processor uses it by itself, exporters of one's own with `redactingExporter`. */
  redactor: RecordRedactor
  report: Report
}

/**
 * The exporters that the configuration names, each behind a processor of its own that gets the signals which go there. What exports
 * over the network is loaded only where it is wanted.
 */
export async function openProcessors(config: SdkConfig, host: ProcessorHost): Promise<Processor[]> {
  const signalsTo = (name: 'ledger' | 'otlp' | 'console'): Signal[] =>
    SIGNALS.filter((signal) => exportersOf(config, signal).includes(name))
  const opened: Processor[] = []
  const add = (signals: readonly Signal[], processor: Processor): void =>
    void opened.push(onlySignals(signals, processor))

  const ledger = signalsTo('ledger')
  const { home } = config.exporters.ledger
  if (ledger.length > 0 && home !== undefined) add(ledger, new LedgerProcessor({ ...host, home }))
  else if (ledger.length > 0) host.report('ledger', 'there is no home: set SPANLEDGER_HOME or HOME')

  const otlp = signalsTo('otlp')
  const console = signalsTo('console')
  if (otlp.length === 0 && console.length === 0) return opened
  const { batchProcessor, consoleExporter, otlpExporter, redactingExporter } =
    await import('../export/index.ts')
  const batched = (exporter: Exporter): Processor =>
    batchProcessor({ ...batchOptions(config), ...host, exporter })
  if (otlp.length > 0) {
    const exporter = otlpExporter(host.platform, otlpOptions(config))
    add(otlp, batched(config.exporters.otlp.redact ? redactingExporter(exporter, host.redactor) : exporter))
  }
  if (console.length > 0) {
    // What stands on a terminal is as a rule kept in a file as well.
    const exporter = consoleExporter(undefined, undefined, config.exporters.console.pretty)
    add(console, batched(redactingExporter(exporter, host.redactor)))
  }
  return opened
}
