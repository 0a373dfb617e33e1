import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { context, runSuppressed } from './context.ts'
import { recordWith } from './record.ts'
import { memoryRecorder } from './testing/memory.ts'

describe('spans', () => {
  test('know their parent through promises and timers, and new ones begin a trace of their own', async () => {
    const { recorder, spans } = memoryRecorder()
    const tracer = recorder.tracer('t', '1')
    await recordWith(tracer, 'outer', {}, async () => {
      await sleep(1)
      await Promise.all([1, 2].map((n) => recordWith(tracer, `inner ${n}`, {}, () => sleep(n))))
    })
    tracer.startSpan('other', { kind: 2, root: true }).end()
    const [one, two, outer, other] = spans
    expect([one?.name, two?.name, outer?.name]).toEqual(['inner 1', 'inner 2', 'outer'])
    expect([one?.parentSpanId, two?.parentSpanId]).toEqual([outer?.spanId, outer?.spanId])
    expect(one?.traceId).toBe(outer?.traceId)
    expect(other).toMatchObject({ kind: 'client', parentSpanId: '', flags: 0x103 })
    expect(other?.traceId).not.toBe(outer?.traceId)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4)
  })

  test('end on every path, with what was thrown', async () => {
    const { recorder, spans } = memoryRecorder()
    const tracer = recorder.tracer('t')
    const boom = new RangeError('boom')
    const throwing = () => {
      throw boom
    }
    expect(() => recordWith(tracer, 'sync', {}, throwing)).toThrow(boom)
    await expect(recordWith(tracer, 'async', {}, async () => throwing())).rejects.toBe(boom)
    expect(recordWith(tracer, 'fine', {}, () => 7)).toBe(7)
    expect(spans.map(({ name, status, statusMessage }) => [name, status, statusMessage])).toEqual([
      ['sync', 'error', 'boom'],
      ['async', 'error', 'boom'],
      ['fine', 'unset', ''],
    ])
    expect(spans[0]!.events[0]).toMatchObject({ name: 'exception' })
    expect(spans[0]!.events[0]!.attributes.slice(0, 4)).toEqual([
      'exception.type',
      'RangeError',
      'exception.message',
      'boom',
    ])
    expect(context.active().span).toBeUndefined()
  })

  test('count what is beyond the limits', () => {
    const { recorder, spans } = memoryRecorder()
    const tracer = recorder.tracer('t')
    const other = tracer.startSpan('other').spanContext()
    const span = tracer.startSpan('much')
    for (let i = 0; i < 130; i++) {
      span.setAttribute(`k${i}`, i)
      span.addEvent(`e${i}`)
      span.addLink({ context: other })
    }
    span.setAttribute('k0', 'again')
    span.end()
    expect(spans[0]).toMatchObject({ droppedAttributes: 2, droppedEvents: 2, droppedLinks: 2 })
    expect(spans[0]!.attributes).toHaveLength(256)
    expect(spans[0]!.attributes.slice(0, 2)).toEqual(['k0', 'again'])
    expect(spans[0]!.links[0]).toMatchObject({ traceId: other.traceId, flags: 0x103 })
  })

  test('once ended never change, and once ok stay ok', () => {
    const { recorder, spans } = memoryRecorder()
    const span = recorder.tracer('t').startSpan('s')
    span.setStatus({ code: 1 }).setStatus({ code: 2, message: 'no' })
    span.end()
    const before = JSON.stringify(spans)
    span.setAttribute('late', 1).addEvent('late').updateName('late').setStatus('error').end()
    expect(JSON.stringify(spans)).toBe(before)
    expect(spans).toHaveLength(1)
    expect(spans[0]!.status).toBe('ok')
  })

  test('last as long as the monotonic clock says, when the wall clock is set back under them', () => {
    const { recorder, spans, clock } = memoryRecorder()
    const span = recorder.tracer('t').startSpan('s')
    clock.advance(1_500)
    clock.wallMs -= 3_600_000
    span.end()
    const { startSeconds, startNanos, endSeconds, endNanos } = spans[0]!
    expect((endSeconds - startSeconds) * 1e9 + endNanos - startNanos).toBe(1_500_000_000)
    recorder.tracer('t').startSpan('after').end()
    expect(spans[1]!.startSeconds).toBeLessThan(startSeconds)
  })

  test('take times as OpenTelemetry does, and never end before they start', () => {
    const { recorder, spans } = memoryRecorder()
    const tracer = recorder.tracer('t')
    tracer.startSpan('hr', { startTime: [1_700_000_000, 123_456_789] }).end([1_700_000_001, 1])
    tracer.startSpan('ms', { startTime: 1_700_000_000_123.5 }).end(new Date(1_600_000_000_000))
    expect(spans[0]).toMatchObject({ startNanos: 123_456_789, endSeconds: 1_700_000_001, endNanos: 1 })
    expect(spans[1]).toMatchObject({
      startNanos: 123_500_000,
      endSeconds: 1_700_000_000,
      endNanos: 123_500_000,
    })
  })

  test('are not made where recording is suppressed, nor after the end', async () => {
    const { recorder, spans, logs } = memoryRecorder()
    const tracer = recorder.tracer('t')
    await runSuppressed(async () => {
      await sleep(1)
      tracer.startSpan('own').end()
      recorder.logger('t').info('own')
    })
    const open = tracer.startSpan('open')
    await recorder.shutdown()
    open.end()
    tracer.startSpan('late').end()
    expect([spans, logs]).toEqual([[], []])
  })
})

describe('log records', () => {
  test('are tied to the active span, and made from a level on', () => {
    const { recorder, spans, logs } = memoryRecorder({ severityMin: 9 })
    const logger = recorder.logger('t')
    recordWith(recorder.tracer('t'), 'work', {}, () => {
      logger.debug('too low')
      logger.warn('careful', { left: 3 })
      logger.error(new TypeError('bad'))
    })
    logger.emit({ severityNumber: 9, eventName: 'it.happened', body: { a: 1 } })
    expect(logs.map(({ body, severity, severityText }) => [body, severity, severityText])).toEqual([
      ['careful', 13, 'WARN'],
      ['bad', 17, 'ERROR'],
      [expect.objectContaining({ a: 1 }), 9, ''],
    ])
    expect(logs[0]).toMatchObject({ traceId: spans[0]!.traceId, spanId: spans[0]!.spanId, flags: 3 })
    expect(logs[0]!.attributes).toEqual(['left', 3])
    expect(logs[1]!.attributes.slice(0, 2)).toEqual(['exception.type', 'TypeError'])
    expect(logs[2]).toMatchObject({ traceId: '', spanId: '', flags: 0, eventName: 'it.happened' })
  })
})
