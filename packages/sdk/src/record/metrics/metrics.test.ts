import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { memoryRecorder } from '../testing/memory.ts'
import { CARDINALITY_MAX } from './cells.ts'

describe('instruments', () => {
  test('sum, spread and keep what was measured, by attributes in any order', async () => {
    const { recorder, metrics } = memoryRecorder()
    const meter = recorder.meter('m')
    const hits = meter.createCounter('hits', { unit: '{hit}', valueType: 'int' })
    hits.add(1, { a: 1, b: 'x' })
    hits.add(2, { b: 'x', a: 1 })
    hits.add(4, { a: '1', b: 'x' })
    hits.add(-8)
    hits.add(Number.NaN)
    meter.createUpDownCounter('open').add(-2)
    meter.createGauge('level').record(0.5)
    meter.createGauge('level').record(0.75)
    const took = meter.createHistogram('took', { advice: { explicitBucketBoundaries: [10, 1] } })
    for (const ms of [0, 1, 1.5, 10, 11]) took.record(ms)
    await recorder.collect()
    expect(metrics).toMatchObject([
      {
        metric: { name: 'hits', unit: '{hit}' },
        type: 'sum',
        monotonic: true,
        valueType: 'int',
        points: [
          { attributes: ['a', 1, 'b', 'x'], value: 3 },
          { attributes: ['a', '1', 'b', 'x'], value: 4 },
        ],
      },
      { metric: { name: 'open' }, monotonic: false, points: [{ attributes: [], value: -2 }] },
      { metric: { name: 'level' }, type: 'gauge', points: [{ value: 0.75, startSeconds: 0 }] },
      {
        type: 'histogram',
        points: [{ count: 5, sum: 23.5, min: 0, max: 11, bounds: [1, 10], counts: [2, 2, 1] }],
      },
    ])
  })

  test('beyond the cardinality limit measurements count as overflow', async () => {
    const { recorder, metrics } = memoryRecorder()
    const counter = recorder.meter('m').createCounter('c')
    for (let i = 0; i < CARDINALITY_MAX + 50; i++) counter.add(1, { i })
    await recorder.collect()
    const points = metrics[0]!.points as readonly { attributes: unknown; value?: number }[]
    expect(points).toHaveLength(CARDINALITY_MAX + 1)
    expect(points.at(-1)).toMatchObject({ attributes: ['otel.metric.overflow', true], value: 50 })
  })

  test('observables are asked when they are collected, and what throws tells nothing', async () => {
    const { recorder, metrics } = memoryRecorder()
    const meter = recorder.meter('m')
    const failing = meter.createObservableGauge('failing')
    failing.addCallback(() => {
      throw new Error('callback')
    })
    failing.addCallback(() => Promise.reject(new Error('callback')))
    const heap = meter.createObservableGauge('heap')
    heap.addCallback(async (result) => {
      await Promise.resolve()
      result.observe(7)
    })
    const [read, written] = [meter.createObservableCounter('read'), meter.createObservableCounter('written')]
    meter.addBatchObservableCallback(
      (result) => {
        result.observe(read, 1)
        result.observe(heap, 1)
      },
      [read, written],
    )
    await recorder.collect()
    expect(
      metrics.map(({ metric, points }) => [
        metric.name,
        points.map((point) => 'value' in point && point.value),
      ]),
    ).toEqual([
      ['heap', [7]],
      ['read', [1]],
    ])
  })
})

test('differences add up to the whole, whatever was added or missed when', async () => {
  const step = fc.oneof(
    fc.constantFrom('collect', 'miss'),
    fc.tuple(fc.integer({ min: 0, max: 100 }), fc.constantFrom('a', 'b')),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step), async (steps) => {
      const delta = memoryRecorder({ temporality: 'delta' })
      const whole = memoryRecorder()
      let observed = 0
      let isMissing = false
      const counters = [delta, whole].map(({ recorder }) => {
        const meter = recorder.meter('m')
        meter.createObservableCounter('seen').addCallback((result) => {
          if (isMissing) throw new Error('not now')
          result.observe(observed)
        })
        return meter.createCounter('c')
      })
      for (const at of [...steps, 'collect']) {
        if (typeof at === 'string') {
          isMissing = at === 'miss'
          await delta.recorder.collect()
        } else {
          for (const counter of counters) counter.add(at[0], { key: at[1] })
          observed += at[0]
        }
      }
      await whole.recorder.collect()
      const totals = (metrics: typeof whole.metrics) => {
        const sums: Record<string, number> = {}
        for (const { metric, points } of metrics)
          for (const point of points) {
            const name = `${metric.name} ${String(point.attributes)}`
            sums[name] = (sums[name] ?? 0) + ('value' in point ? point.value : 0)
          }
        return sums
      }
      expect(totals(delta.metrics)).toEqual(totals(whole.metrics))
    }),
    { numRuns: 50 },
  )
})
