import type { AttributeList, AttributeValue, LogData, MetricData, SpanData } from '@spanledger/sdk/record'

/** About how many bytes of memory a record holds on to: what its texts have, and a share for everything else. */
export const sizeOfSpan = (span: SpanData): number =>
  400 +
  span.name.length +
  sizeOfList(span.attributes) +
  span.events.reduce((sum, event) => sum + 100 + sizeOfList(event.attributes), 0) +
  span.links.reduce((sum, link) => sum + 200 + sizeOfList(link.attributes), 0)

export const sizeOfLog = (log: LogData): number =>
  200 + sizeOfList(log.attributes) + (log.body === undefined ? 0 : sizeOf(log.body))

/** Attributes of points are the instrument's own, and few. */
export const sizeOfMetric = (metric: MetricData): number => metric.points.length * 300

function sizeOfList(list: AttributeList): number {
  let size = 0
  for (let i = 1; i < list.length; i += 2) size += 16 + sizeOf(list[i]!)
  return size
}

function sizeOf(value: AttributeValue): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 8
  if (value instanceof Uint8Array) return value.length
  let size = 16
  for (const key in value) size += 16 + sizeOf((value as Record<string, AttributeValue>)[key]!)
  return size
}
