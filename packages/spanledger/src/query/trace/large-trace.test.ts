import { expect, it } from 'vitest'
import { at, origin, smallLedger, span, spanId, traceId } from '../testing/small-ledger.ts'

const SPANS = 100_000

it('shows a trace of 100,000 spans: all are counted, what is shown is whole, what is cut is said', async () => {
  const ledger = smallLedger()
  try {
    const shop = origin('shop')
    const lines = Array.from({ length: SPANS }, (_, i) =>
      span(7, i + 1, {
        ...(i === 0 ? {} : { parent: spanId(1) }),
        name: `step ${i}`,
        start: at(i / 100),
        ...(i % 1000 === 5 ? { status: 'error' as const } : {}),
        attrs: { step: i, text: 'x'.repeat(200) },
        in: shop.origin,
      }),
    )
    for (let from = 0; from < SPANS; from += 40_000)
      ledger.segment('spans', [shop, ...lines.slice(from, from + 40_000)])
    const queries = await ledger.queries()
    const answer = await queries.run('trace', { id: traceId(7), limit: 3_000 })
    expect(answer).toMatchObject({
      spanCount: SPANS,
      errors: 100,
      cut: true,
      limit: 3_000,
      omitted: SPANS - 3_000,
    })
    const { spans } = answer as { spans: { name: string; attributes: Record<string, unknown> }[] }
    expect(spans.map(({ name }) => name)).toEqual(Array.from({ length: 3_000 }, (_, i) => `step ${i}`))
    // Beyond the lines that were kept from the first reading: read again, and the right ones.
    expect(spans.map(({ attributes }) => attributes['step'])).toEqual(
      Array.from({ length: 3_000 }, (_, i) => i),
    )
    expect(await queries.run('traces', {})).toMatchObject({ rows: [{ spans: SPANS, errors: 100 }] })
  } finally {
    await ledger.remove()
  }
}, 60_000)
