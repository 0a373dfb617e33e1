/**
 * As much of OpenTelemetry's own SDK, 2.x and 3.x, as is read here. By their shape: nothing of OpenTelemetry is imported, and
 * its classes fit.
 *
 * Source  @opentelemetry/sdk-trace(-base), sdk-logs, sdk-metrics, resources, core
 */

/** Seconds since 1970, and nanoseconds beyond them. */
export type HrTime = [number, number]

export type SdkAttributes = object

export interface SdkResource {
  readonly attributes: SdkAttributes
  readonly schemaUrl?: string
  /** `attributes` lacks what is still being found out. */
  readonly asyncAttributesPending?: boolean
  waitForAsyncAttributes?(): Promise<void>
}

export interface SdkScope {
  readonly name: string
  readonly version?: string
  readonly schemaUrl?: string
  readonly attributes?: SdkAttributes
}

export interface SdkSpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly traceFlags: number
  readonly isRemote?: boolean
  readonly traceState?: { serialize(): string }
}

export interface ReadableSpan {
  readonly name: string
  /** 0 internal, 1 server, 2 client, 3 producer, 4 consumer. */
  readonly kind: number
  readonly spanContext: () => SdkSpanContext
  readonly parentSpanContext?: SdkSpanContext
  readonly startTime: HrTime
  readonly endTime: HrTime
  /** 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message?: string }
  readonly attributes: SdkAttributes
  readonly links: readonly {
    readonly context: SdkSpanContext
    readonly attributes?: SdkAttributes
    readonly droppedAttributesCount?: number
  }[]
  readonly events: readonly {
    readonly name: string
    readonly time: HrTime
    readonly attributes?: SdkAttributes
    readonly droppedAttributesCount?: number
  }[]
  readonly resource: SdkResource
  readonly instrumentationScope: SdkScope
  readonly droppedAttributesCount: number
  readonly droppedEventsCount: number
  readonly droppedLinksCount: number
}

export interface ReadableLogRecord {
  readonly hrTime: HrTime
  readonly hrTimeObserved: HrTime
  readonly spanContext?: SdkSpanContext
  readonly severityText?: string
  readonly severityNumber?: number
  readonly body?: unknown
  readonly eventName?: string
  readonly resource: SdkResource
  readonly instrumentationScope: SdkScope
  readonly attributes: SdkAttributes
  readonly droppedAttributesCount: number
}

export interface ResourceMetrics {
  readonly resource: SdkResource
  readonly scopeMetrics: readonly { readonly scope: SdkScope; readonly metrics: readonly SdkMetric[] }[]
}

export interface SdkMetric {
  readonly descriptor: {
    readonly name: string
    readonly description: string
    readonly unit: string
    /** 0 int, 1 double. */
    readonly valueType: number
  }
  /** 0 delta, 1 cumulative. */
  readonly aggregationTemporality: number
  /** 0 histogram, 1 exponential histogram, 2 gauge, 3 sum. */
  readonly dataPointType: number
  readonly isMonotonic?: boolean
  readonly dataPoints: readonly SdkPoint[]
}

export interface SdkPoint {
  readonly startTime: HrTime
  readonly endTime: HrTime
  readonly attributes: SdkAttributes
  readonly value: unknown
}

export interface SdkHistogram {
  readonly min?: number
  readonly max?: number
  readonly sum?: number
  readonly count: number
  readonly buckets: { readonly boundaries: readonly number[]; readonly counts: readonly number[] }
}

export interface SdkExponentialHistogram {
  readonly min?: number
  readonly max?: number
  readonly sum?: number
  readonly count: number
  readonly scale: number
  readonly zeroCount: number
  readonly positive: { readonly offset: number; readonly bucketCounts: readonly number[] }
  readonly negative: { readonly offset: number; readonly bucketCounts: readonly number[] }
}

/** Of @opentelemetry/core: 0 success, 1 failed. */
export interface SdkExportResult {
  code: number
  error?: Error
}
export type ExportDone = (result: SdkExportResult) => void
