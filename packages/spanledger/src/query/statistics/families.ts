/** One metric of an exposition with all its samples. Names, help and types as Prometheus and OpenMetrics have them. */
export interface Family {
  /** Without `_total`, which the samples of a counter get. */
  name: string
  help: string
  type: 'gauge' | 'counter' | 'histogram'
  /** The end of the name, where it has one. */
  unit?: string
  samples: Sample[]
}

export interface Sample {
  labels: Readonly<Record<string, string>>
  /** A number, or what was distributed. */
  value: number | Histogram
}

export interface Histogram {
  /** Upper bounds, ascending; the last bucket, `+Inf`, is `count`. */
  bounds: readonly number[]
  /** As many as bounds, each with those below it. */
  cumulated: number[]
  sum: number
  count: number
}

export function histogramOf(bounds: readonly number[]): Histogram {
  return { bounds, cumulated: bounds.map(() => 0), sum: 0, count: 0 }
}

export function observe(histogram: Histogram, value: number): void {
  histogram.sum += value
  histogram.count++
  for (let i = histogram.bounds.length - 1; i >= 0 && value <= histogram.bounds[i]!; i--)
    histogram.cumulated[i]!++
}

/** Values of a label: whoever sends telemetry can make up models and agents, and a scraper has to keep each of them. */
const NAMES_MAX = 1_000
const OTHER = 'other'

/** Sums by one name, such as the model; what comes beyond NAMES_MAX of them, under `other`. */
export class Table<Row> {
  readonly #rows = new Map<string, Row>()
  readonly #create: () => Row

  constructor(create: () => Row) {
    this.#create = create
  }

  at(name: string): Row {
    const row = this.#rows.get(name)
    if (row !== undefined) return row
    if (this.#rows.size >= NAMES_MAX && name !== OTHER) return this.at(OTHER)
    const fresh = this.#create()
    this.#rows.set(name, fresh)
    return fresh
  }

  /** By name. */
  rows(): [string, Row][] {
    return [...this.#rows].toSorted(([a], [b]) => (a < b ? -1 : 1))
  }

  /** One sample for each name and each of the values its row has, with these two labels. */
  samples(label: string, second: string, values: (row: Row) => Readonly<Record<string, number>>): Sample[] {
    return this.rows().flatMap(([name, row]) =>
      Object.entries(values(row)).map(([key, value]) => ({
        labels: { [label]: name, [second]: key },
        value,
      })),
    )
  }
}

export const gauge = (name: string, help: string, samples: Sample[], unit?: string): Family => ({
  name: `spanledger_${name}`,
  help,
  type: 'gauge',
  samples,
  ...(unit === undefined ? {} : { unit }),
})

export const counter = (...parts: Parameters<typeof gauge>): Family => ({
  ...gauge(...parts),
  type: 'counter',
})
