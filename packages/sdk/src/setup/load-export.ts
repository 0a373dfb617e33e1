import type * as Exporting from '@spanledger/export/setup'
import type { SdkConfig } from '../config/index.ts'
import type { Report } from '../record/index.ts'

/**
 * The package that makes exporters. Undefined where it cannot be loaded, which is reported, unless everything would only have gone to the
 * `spanledger run` that this process is part of: that reads the ledger as well.
 */
export async function loadExport(
  config: SdkConfig,
  wanted: readonly string[],
  report: Report,
): Promise<typeof Exporting | undefined> {
  try {
    // Within `try`, so that bundlers take a package that is not there for one that need not be.
    return await import('@spanledger/export/setup')
  } catch (error) {
    if (isOfRun(config) && !wanted.includes('console')) return undefined
    const { code, message } = error as { code?: unknown; message?: unknown }
    // The second in programs that a bundler made.
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND'
    const why = isMissing ? 'is not installed (npm install @spanledger/export)' : message
    report(
      `exporters.${wanted.join(' and exporters.')}`,
      `@spanledger/export, which does this, ${why}; recorded into the ledger ${config.exporters.ledger.home} instead`,
    )
    return undefined
  }
}

/** A run names itself in the resource, and takes what comes over a port of this machine. */
const isOfRun = ({ resource, exporters }: SdkConfig): boolean =>
  'spanledger.run.id' in resource && /^http:\/\/(?:localhost|127\.0\.0\.1):/.test(exporters.otlp.endpoint)
