/**
 * Durations as histograms of exponential buckets: bucket b holds (G^(b-1), G^b] nanoseconds with G = 1.02, and is told as its
 * geometric middle, so that a percentile is at most 1 % off. Equal buckets add up exactly, in whatever order.
 */
const GROWTH = 1.02
export const PERCENTILE_ERROR = 0.01
/** No duration at all. */
const NONE = -1

const BUCKET = `CAST(CASE WHEN duration_ns <= 0 THEN ${NONE} ELSE ceil(ln(duration_ns) / ${Math.log(GROWTH)}) END AS INTEGER)`

/** A row for each operation and bucket of some spans. */
export function histogramsSql(
  spans: string,
  { conditions = [], more = '' }: { conditions?: readonly string[]; more?: string } = {},
): string {
  const where = ['start_unix_nano IS NOT NULL', ...conditions].join(' AND ')
  return `SELECT service, name, kind, ${BUCKET} AS bucket, count(*) AS calls, count(*) FILTER (status = 'error') AS errors,
  max(duration_ns) AS longest${more} FROM ${spans} WHERE ${where} GROUP BY service, name, kind, bucket`
}

/** Milliseconds in the middle of a bucket. */
export const middleSql = (bucket: string): string =>
  `CASE WHEN ${bucket} = ${NONE} THEN 0 ELSE pow(${GROWTH}, ${bucket} - 0.5) / 1e6 END`
