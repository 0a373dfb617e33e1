import { readConfigFile, readRedaction, sourceText } from '../config/index.ts'
import type { ConfigWarning } from '../config/index.ts'
import { createRedactor } from '../redact/index.ts'
import { LedgerProcessor, RecordRedactor, reportOnce } from '../record/index.ts'
import type { Processor, Report, Resource } from '../record/index.ts'
import { backgroundPlatform } from './background-platform.ts'

/** What takes secrets out, as the home's file says. */
export function redactorOf(home: string | undefined, report: Report): RecordRedactor {
  return new RecordRedactor(createRedactor(readRedaction(home, readConfigFile, reportWarning(report))))
}

export const reportWarning =
  (report: Report) =>
  ({ source, message, next }: ConfigWarning): void =>
    report('configuration', `${sourceText(source)}: ${message}; ${next}`)

/** The ledger of a home, for records that something else than this SDK made: a processor for each resource. */
export function openLedger(home: string): (resource: Resource) => Processor {
  const report = reportOnce()
  const host = { platform: backgroundPlatform(), home, report, redactor: redactorOf(home, report) }
  return (resource) => new LedgerProcessor({ ...host, resource })
}
