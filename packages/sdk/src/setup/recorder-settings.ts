import type { SdkConfig } from '../config/index.ts'
import { DEFAULT_LIMITS, SEVERITY } from '../record/index.ts'
import type { RecordingOptions } from '../record/index.ts'
import { samplerOf } from './sampler-of.ts'

/** The recorder's part of the configuration. */
export function recorderSettings({
  sampling,
  limits: { attributeLength, logAttributeLength, ...limits },
  level,
  metrics,
}: SdkConfig): Pick<
  RecordingOptions,
  'sampler' | 'limits' | 'severityMin' | 'temporality' | 'metricIntervalMs'
> {
  return {
    sampler: samplerOf(sampling),
    limits: {
      ...limits,
      stringLength: attributeLength ?? DEFAULT_LIMITS.stringLength,
      logStringLength: logAttributeLength ?? DEFAULT_LIMITS.stringLength,
    },
    severityMin: SEVERITY[level],
    temporality: metrics.temporality,
    metricIntervalMs: metrics.interval || METRIC_INTERVAL_MS,
  }
}

/** 0 would collect without end. */
const METRIC_INTERVAL_MS = 60_000
