import { describe, expect, it } from 'vitest'
import { exposition } from './exposition.ts'
import { Table } from './families.ts'
import { FAMILIES } from './testing/families.ts'

const ORDERS = `shop_orders_total{how="a \\"quoted\\" \\\\ one\\nin two lines"} 3
shop_orders_total{how="plain"} 1e+21
`
const WAIT = `shop_wait_seconds_bucket{desk="ä",le="0.5"} 2
shop_wait_seconds_bucket{desk="ä",le="1.0"} 2
shop_wait_seconds_bucket{desk="ä",le="60.0"} 3
shop_wait_seconds_bucket{desk="ä",le="+Inf"} 4
shop_wait_seconds_sum{desk="ä"} 97.75
shop_wait_seconds_count{desk="ä"} 4
`

describe('to the byte', () => {
  it("Prometheus's text", () => {
    expect(exposition(FAMILIES, 'prometheus'))
      .toBe(`# HELP shop_orders_total Orders, by\\nhow they "ended" \\\\ did not.
# TYPE shop_orders_total counter
${ORDERS}# HELP shop_success_ratio Well.
# TYPE shop_success_ratio gauge
shop_success_ratio 0.25
# HELP shop_wait_seconds Waiting.
# TYPE shop_wait_seconds histogram
${WAIT}`)
  })

  it('OpenMetrics', () => {
    expect(exposition(FAMILIES, 'openmetrics'))
      .toBe(`# HELP shop_orders Orders, by\\nhow they \\"ended\\" \\\\ did not.
# TYPE shop_orders counter
${ORDERS}# HELP shop_success_ratio Well.
# TYPE shop_success_ratio gauge
# UNIT shop_success_ratio ratio
shop_success_ratio 0.25
# HELP shop_wait_seconds Waiting.
# TYPE shop_wait_seconds histogram
# UNIT shop_wait_seconds seconds
${WAIT}# EOF
`)
  })
})

it('adds up by name, and what comes beyond a thousand of them under one', () => {
  const table = new Table(() => ({ input: 0 }))
  for (let i = 0; i < 1_500; i++) table.at(`m${i}`).input += 2
  table.at('m0').input++
  const samples = table.samples('model', 'direction', (row) => ({ ...row }))
  expect(samples).toHaveLength(1_001)
  expect(samples.find(({ labels }) => labels['model'] === 'm0')?.value).toBe(3)
  expect(samples.find(({ labels }) => labels['model'] === 'other')).toEqual({
    labels: { model: 'other', direction: 'input' },
    value: 1_000,
  })
})
