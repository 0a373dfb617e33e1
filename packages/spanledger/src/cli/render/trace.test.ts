import picocolors from 'picocolors'
import { describe, expect, it } from 'vitest'
import type { TraceAnswer, TraceSpan } from '../../query/index.ts'
import { renderTrace } from './trace.ts'
import { displayWidth } from './width.ts'

process.env['TZ'] = 'UTC'

const span = (
  depth: number,
  name: string,
  offsetMs: number,
  durationMs: number,
  more: Partial<TraceSpan> = {},
): TraceSpan => ({
  depth,
  spanId: '00f067aa0ba902b7',
  parentSpanId: null,
  name,
  service: 'shop',
  kind: 'internal',
  startedAt: '2026-11-21T12:00:00.000000000Z',
  offsetMs,
  durationMs,
  status: 'unset',
  statusMessage: null,
  attributes: {},
  events: [],
  links: [],
  ...more,
})

const trace: TraceAnswer = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  startedAt: '2026-11-21T12:00:00.000000000Z',
  durationMs: 1240,
  services: ['cart', 'shop'],
  spanCount: 6,
  errors: 1,
  spans: [
    span(0, 'POST /checkout', 0, 1240),
    span(1, 'authorise', 5, 80, { service: 'auth' }),
    span(1, 'charge the card', 90, 900, { status: 'error', statusMessage: 'declined' }),
    span(2, 'SELECT 日本語 FROM orders', 100, 0.25, { service: null }),
    span(1, 'send mail', 1100, 140),
    span(0, '', 0, 0, { missing: true, spanId: '00000000000000aa' }),
    span(1, 'publish order.placed', 1235, 5),
  ],
  cut: true,
  limit: 6,
  omitted: 12,
  duplicates: 2,
  damaged: 1,
}

const terminal = (columns: number) => ({ columns, colors: picocolors.createColors(false), nowMs: 0 })

describe('trace show', () => {
  it('draws a waterfall in 80 columns', () => {
    expect(renderTrace(trace, terminal(80))).toMatchInlineSnapshot(`
      "POST /checkout
        trace    4bf92f3577b34da6a3ce929d0e0e4736
        when     2026-11-21 12:00:00, 1.2 s
        spans    6 spans, 1 error
        services cart, shop

        POST /checkout · shop           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━    1.2 s
        ├ authorise · auth              ━━                                    80 ms
        ├ charge the card · shop          ━━━━━━━━━━━━━━━━━━━━━━━━━          900 ms ✗
        │ └ SELECT 日本語 FROM orders     ━                                  250 µs
        └ send mail · shop                                            ━━━━   140 ms
        missing parent 00000000000000aa
        └ publish order.placed · shop                                    ━     5 ms

        12 more spans left out: --limit N shows them
        2 duplicates of these spans shown once
        1 damaged line left out: see spanledger verify
      "
    `)
  })

  it('draws a waterfall in 140 columns', () => {
    expect(renderTrace({ ...trace, cut: false, omitted: 0, duplicates: 0, damaged: 0 }, terminal(140)))
      .toMatchInlineSnapshot(`
      "POST /checkout
        trace    4bf92f3577b34da6a3ce929d0e0e4736
        when     2026-11-21 12:00:00, 1.2 s
        spans    6 spans, 1 error
        services cart, shop

        POST /checkout · shop           ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━    1.2 s
        ├ authorise · auth              ━━━━━━                                                                                            80 ms
        ├ charge the card · shop              ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━                       900 ms ✗
        │ └ SELECT 日本語 FROM orders          ━                                                                                         250 µs
        └ send mail · shop                                                                                                 ━━━━━━━━━━━   140 ms
        missing parent 00000000000000aa
        └ publish order.placed · shop                                                                                                ━     5 ms
      "
    `)
  })

  it.each([48, 60, 80, 200])('fits %i columns, also with long names and a chain of a thousand', (columns) => {
    const deep = Array.from({ length: 1000 }, (_, depth) =>
      span(depth, `step ${depth} `.repeat(10), depth, 1000 - depth, { status: depth % 2 ? 'error' : 'ok' }),
    )
    const lines = renderTrace(
      { ...trace, spans: deep, services: ['x'.repeat(300)] },
      terminal(columns),
    ).split('\n')
    for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(columns)
    expect(lines.filter((line) => line.includes('step'))).toHaveLength(1001)
  })

  it('draws a trace of no duration', () => {
    expect(
      renderTrace({ ...trace, durationMs: 0, spans: [span(0, 'instant', 0, 0)] }, terminal(80)),
    ).toContain('━')
  })

  it('has no place where telemetry can speak to the terminal', () => {
    const hostile = 'a\u001b[2J\u001b]0;owned\u0007\u202e\r\nb'
    const text = renderTrace(
      { ...trace, services: [hostile], spans: [span(0, hostile, 0, 1, { service: hostile })] },
      terminal(80),
    )
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u)
    expect(text).toContain('a b · a b')
  })
})
