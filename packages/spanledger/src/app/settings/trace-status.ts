import {
  exportersOf,
  otlpTarget,
  type SdkConfig,
  type Signal,
  sourceText,
  withoutPassword,
} from '@spanledger/sdk/config'
import type { Destination, TraceStatusAnswer } from '../../cli/index.ts'
import { inspectConfig, type Surroundings } from './inspect.ts'

export function traceStatus(surroundings: Surroundings): TraceStatusAnswer {
  const { config, sources, files, findings } = inspectConfig(surroundings)
  const { sampler, probability } = config.sampling
  const destinations = {
    traces: destinationsOf(config, 'traces'),
    metrics: destinationsOf(config, 'metrics'),
    logs: destinationsOf(config, 'logs'),
  }
  return {
    enabled: config.enabled,
    enabledBy: sourceText(sources['enabled']!),
    service: config.service.name ?? null,
    level: config.level,
    sampler,
    probability,
    destinations,
    packages: packagesFor(Object.values(destinations).flat()),
    files,
    findings,
  }
}

const packagesFor = (destinations: readonly Destination[]): string[] =>
  destinations.every(({ exporter }) => exporter === 'ledger')
    ? ['@spanledger/sdk']
    : ['@spanledger/sdk', '@spanledger/export']

export const destinationsOf = (config: SdkConfig, signal: Signal): Destination[] =>
  exportersOf(config, signal).map((exporter) => destination(config, signal, exporter))

function destination(config: SdkConfig, signal: Signal, exporter: Destination['exporter']): Destination {
  if (exporter === 'console') return { exporter, to: 'standard error' }
  if (exporter === 'ledger') return { exporter, to: config.exporters.ledger.home ?? 'nowhere: HOME is empty' }
  const { url, protocol } = otlpTarget(config, signal)
  return { exporter, to: withoutPassword(url), protocol }
}
