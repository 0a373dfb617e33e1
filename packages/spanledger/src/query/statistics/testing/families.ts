import { type Family, histogramOf, observe } from '../families.ts'

const seconds = histogramOf([0.5, 1, 60])
for (const value of [0.25, 0.5, 7, 90]) observe(seconds, value)

/** One of each kind, with everything that has to be escaped. */
export const FAMILIES: readonly Family[] = [
  {
    name: 'shop_orders',
    help: 'Orders, by\nhow they "ended" \\ did not.',
    type: 'counter',
    samples: [
      { labels: { how: 'a "quoted" \\ one\nin two lines' }, value: 3 },
      { labels: { how: 'plain' }, value: 1e21 },
    ],
  },
  {
    name: 'shop_success_ratio',
    help: 'Well.',
    type: 'gauge',
    unit: 'ratio',
    samples: [{ labels: {}, value: 0.25 }],
  },
  {
    name: 'shop_wait_seconds',
    help: 'Waiting.',
    type: 'histogram',
    unit: 'seconds',
    samples: [{ labels: { desk: 'ä' }, value: seconds }],
  },
  { name: 'shop_nothing', help: 'None of it.', type: 'gauge', samples: [] },
]

/** Lines with a value. */
export const SAMPLES = 2 + 1 + 6
