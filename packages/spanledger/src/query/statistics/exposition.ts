import type { Family, Histogram } from './families.ts'

/** Both are text: what Prometheus has read since ever, and OpenMetrics 1.0. */
export type ExpositionFormat = 'prometheus' | 'openmetrics'

export const CONTENT_TYPES: Record<ExpositionFormat, string> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/**
 * Source  prometheus.io/docs/instrumenting/exposition_formats; the OpenMetrics specification. They differ in three things: where a
 * counter's metadata carry `_total`, in UNIT, and in the line that ends it.
 */
export function exposition(families: readonly Family[], format: ExpositionFormat): string {
  const isOpen = format === 'openmetrics'
  let text = ''
  for (const { name, help, type, unit, samples } of families) {
    if (samples.length === 0) continue
    const total = type === 'counter' ? `${name}_total` : name
    const head = isOpen ? name : total
    text += `# HELP ${head} ${escaped(help, isOpen)}\n# TYPE ${head} ${type}\n`
    if (isOpen && unit !== undefined) text += `# UNIT ${head} ${unit}\n`
    for (const { labels, value } of samples)
      text += typeof value === 'number' ? line(total, labels, value) : histogram(name, labels, value)
  }
  return isOpen ? `${text}# EOF\n` : text
}

function histogram(name: string, labels: Readonly<Record<string, string>>, value: Histogram): string {
  const buckets = value.bounds.map((bound, i) =>
    line(`${name}_bucket`, { ...labels, le: bucketBound(bound) }, value.cumulated[i]!),
  )
  return [
    ...buckets,
    line(`${name}_bucket`, { ...labels, le: '+Inf' }, value.count),
    line(`${name}_sum`, labels, value.sum),
    line(`${name}_count`, labels, value.count),
  ].join('')
}

/** OpenMetrics wants a bound to look like a float. */
const bucketBound = (bound: number): string => (Number.isInteger(bound) ? `${bound}.0` : String(bound))

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text, true)}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${numeral(value)}\n`
}

const numeral = (value: number): string =>
  Number.isFinite(value) ? String(value) : Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'

/** A quotation mark in help is itself, but in OpenMetrics. */
function escaped(text: string, quotes: boolean): string {
  const plain = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return quotes ? plain.replaceAll('"', '\\"') : plain
}
