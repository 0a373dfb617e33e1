import { expect } from 'vitest'
import type { Spanledger } from './program.ts'
import { bucketed, records } from './read.ts'
import * as story from './story.ts'

const FROM = { resource: story.RESOURCE, scope: story.SCOPE, schemaUrl: story.SCHEMA_URL }

/** Every span, in every field. */
export async function expectSpans(
  spanledger: Spanledger,
  told: story.Told,
  dialect: story.Dialect,
): Promise<void> {
  const all = records(await spanledger.exported('traces'), 'resourceSpans', 'scopeSpans', 'spans')
  const expected = Object.entries(story.spans(told, dialect)).map(([name, span]) => ({
    ...FROM,
    record: { name, ...span },
  }))
  expect(all.toSorted(byStart)).toEqual(expected.toSorted(byStart))
}

const byName = (a: any, b: any): number => (a.record.name < b.record.name ? -1 : 1)

const byStart = (a: any, b: any): number =>
  Number(BigInt(a.record.startTimeUnixNano) - BigInt(b.record.startTimeUnixNano))

export async function expectLogs(
  spanledger: Spanledger,
  told: story.Told,
  dialect: story.Dialect,
  isNow: (time: string) => boolean,
): Promise<void> {
  const all = records(await spanledger.exported('logs'), 'resourceLogs', 'scopeLogs', 'logRecords')
  const withoutObserved = all.map(({ record: { observedTimeUnixNano, body, ...record }, ...from }) => {
    expect(observedTimeUnixNano).toSatisfy(isNow)
    // Over JSON, OpenTelemetry JS sends a body that is not there as one without a value.
    const hasBody = body !== undefined && Object.keys(body).length > 0
    return { ...from, record: hasBody ? { ...record, body } : record }
  })
  expect(withoutObserved).toEqual(story.logs(told, dialect).map((record) => ({ ...FROM, record })))
}

export async function expectMetrics(
  spanledger: Spanledger,
  dialect: story.Dialect,
  isNow: (time: string) => boolean,
): Promise<void> {
  const all = records(await spanledger.exported('metrics'), 'resourceMetrics', 'scopeMetrics', 'metrics')
  const withoutTimes = all.map(({ record, ...from }) => {
    const kind = ['sum', 'gauge', 'histogram', 'exponentialHistogram'].find((name) => name in record)!
    const points = record[kind].dataPoints.map(({ timeUnixNano, startTimeUnixNano, ...point }: any) => {
      expect(timeUnixNano).toSatisfy(isNow)
      // A gauge has none.
      expect(startTimeUnixNano ?? timeUnixNano).toSatisfy(isNow)
      if (kind !== 'exponentialHistogram') return point
      const { scale, positive, negative, ...rest } = point
      expect(negative?.bucketCounts?.map(Number).filter(Boolean) ?? []).toEqual([])
      return { ...rest, values: bucketed({ scale, positive }, [1, 2, 4, 1000]) }
    })
    const dataPoints = points.toSorted((a: any, b: any) =>
      JSON.stringify(a.attributes) < JSON.stringify(b.attributes) ? -1 : 1,
    )
    return { ...from, record: { ...record, [kind]: { ...record[kind], dataPoints } } }
  })
  const expected = Object.entries(story.metrics(dialect)).map(([name, metric]) => ({
    ...FROM,
    record: { name, ...metric },
  }))
  expect(withoutTimes.toSorted(byName)).toEqual(expected.toSorted(byName))
}
