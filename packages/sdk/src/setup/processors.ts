import { exportersOf, SIGNALS } from '../config/index.ts'
import type { SdkConfig, Signal } from '../config/index.ts'
import type { Platform } from '../platform/index.ts'
import { LedgerProcessor } from '../record/index.ts'
import type { Processor, RecordRedactor, Report, Resource } from '../record/index.ts'
import { loadExport } from './load-export.ts'
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
 * The exporters that the configuration names, each behind a processor of its own that gets the signals which go there. What leaves the
 * process is made by `@spanledger/export`, loaded only where it is wanted; where it cannot be, the ledger takes what it would have sent.
 */
export async function openProcessors(config: SdkConfig, host: ProcessorHost): Promise<Processor[]> {
  const goingTo = (...names: ('ledger' | 'otlp' | 'console')[]): Signal[] =>
    SIGNALS.filter((signal) => exportersOf(config, signal).some((name) => names.includes(name)))
  const elsewhere = (['otlp', 'console'] as const).filter((name) => goingTo(name).length > 0)
  const exporting = elsewhere.length > 0 ? await loadExport(config, elsewhere, host.report) : undefined
  const open = exporting?.openExporters(config, host)

  const { home } = config.exporters.ledger
  const kept = open === undefined ? goingTo('ledger', ...elsewhere) : goingTo('ledger')
  if (kept.length > 0 && home === undefined)
    host.report('ledger', 'there is no home: set SPANLEDGER_HOME or HOME')
  return [
    ...(kept.length > 0 && home !== undefined
      ? [onlySignals(kept, new LedgerProcessor({ ...host, home }))]
      : []),
    ...(open === undefined ? [] : elsewhere.map((name) => onlySignals(goingTo(name), open[name]()))),
  ]
}
