import { ROOT_CONTEXT, context, createContextKey, metrics, propagation, trace } from '@opentelemetry/api'
import { logs as logsApi } from '@opentelemetry/api-logs'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import type * as Http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { memoryRecorder } from '../record/testing/memory.ts'
import { registerGlobally } from './global-api.ts'
import { registerOpenTelemetry } from './index.ts'
import type { Unregister } from './index.ts'

let recorded: ReturnType<typeof memoryRecorder>
let unregister: Unregister
beforeEach(async () => {
  recorded = memoryRecorder()
  unregister = await registerOpenTelemetry(recorded.recorder)
})
afterEach(() => unregister?.())

test('a maintained instrumentation records through us: one trace from the client to the server and on', async () => {
  const instrumentation = new HttpInstrumentation()
  instrumentation.setTracerProvider(trace.getTracerProvider())
  instrumentation.enable()
  const http = createRequire(import.meta.url)('node:http') as typeof Http
  const server = http.createServer((_request, response) => {
    setImmediate(() => {
      trace.getTracer('app', '1.2').startSpan('inside').end()
      response.end('ok')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await trace.getTracer('app').startActiveSpan('caller', async (span) => {
    await new Promise<void>((resolve, reject) => {
      const request = http.get({ port, host: '127.0.0.1', path: '/tea' }, (response) => {
        response.resume()
        response.on('end', resolve)
      })
      request.on('error', reject)
    })
    span.end()
  })
  await new Promise((resolve) => server.close(resolve))
  instrumentation.disable()
  await expect.poll(() => recorded.spans.length).toBe(4)
  const named = (name: string, kind: string) =>
    recorded.spans.find((span) => span.name === name && span.kind === kind)!
  const [caller, client, inner, inside] = [
    named('caller', 'internal'),
    named('GET', 'client'),
    named('GET', 'server'),
    named('inside', 'internal'),
  ]
  expect(new Set(recorded.spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect([client.parentSpanId, inner.parentSpanId, inside.parentSpanId]).toEqual([
    caller.spanId,
    client.spanId,
    inner.spanId,
  ])
  expect(inner.flags & 0x300).toBe(0x300)
  expect(inner.scope.name).toBe('@opentelemetry/instrumentation-http')
  expect(inside.scope).toMatchObject({ name: 'app', version: '1.2' })
})

test('metrics and logs of the API are ours, tied to the active span', async () => {
  metrics.getMeter('m').createCounter('c', { unit: '1' }).add(2, { a: 'b' })
  metrics
    .getMeter('m')
    .createObservableGauge('g')
    .addCallback((result) => result.observe(1))
  trace.getTracer('t').startActiveSpan('s', (span) => {
    logsApi
      .getLogger('l')
      .emit({ severityNumber: 13, severityText: 'WARN', body: 'careful', attributes: { left: 1 } })
    span.end()
  })
  await recorded.recorder.collect()
  expect(recorded.metrics.map(({ metric }) => metric.name)).toEqual(['c', 'g'])
  expect(recorded.logs).toMatchObject([
    { severity: 13, body: 'careful', spanId: recorded.spans[0]!.spanId, scope: { name: 'l' } },
  ])
})

test('contexts: keys, baggage, bound functions and emitters, and the propagator', () => {
  const key = Symbol('key')
  const emitter = context.bind(context.active().setValue(key, 'bound'), new EventEmitter())
  const seen: unknown[] = []
  emitter.on('tell', () => seen.push(context.active().getValue(key)))
  emitter.emit('tell')
  const mine = createContextKey('mine')
  context.with(ROOT_CONTEXT.setValue(key, 'theirs'), () => {
    const both = context.active().setValue(mine, 1)
    expect([both.getValue(key), both.deleteValue(key).getValue(key)]).toEqual(['theirs', undefined])
  })
  const bound = context.bind(context.active().setValue(key, 7), () => context.active().getValue(key))
  expect([seen, bound(), context.active().getValue(key)]).toEqual([['bound'], 7, undefined])

  const baggage = propagation.createBaggage({ user: { value: 'ana b' } })
  const span = trace.getTracer('t').startSpan('s')
  const carrier: Record<string, string> = {}
  propagation.inject(propagation.setBaggage(trace.setSpan(context.active(), span), baggage), carrier)
  const { traceId, spanId } = span.spanContext()
  expect(carrier).toEqual({ traceparent: `00-${traceId}-${spanId}-03`, baggage: 'user=ana%20b' })
  const got = propagation.extract(context.active(), carrier)
  expect(trace.getSpanContext(got)).toMatchObject({ traceId, spanId, isRemote: true })
  expect(propagation.getBaggage(got)?.getEntry('user')?.value).toBe('ana b')
})

test('another provider that is there already stays', async () => {
  const second = memoryRecorder()
  expect(await registerOpenTelemetry(second.recorder)).toBeUndefined()
  trace.getTracer('t').startSpan('s').end()
  expect([recorded.spans.length, second.spans.length]).toEqual([1, 0])
})

test('the API finds what was put where it looks, before anybody imported it, and leaves to others what is theirs', () => {
  expect(registerGlobally(recorded.recorder)).toBe(undefined)
  unregister?.()
  const back = registerGlobally(recorded.recorder)!
  trace.getTracer('late').startActiveSpan('outer', (outer) => {
    trace.getTracer('late').startSpan('inner').end()
    propagation.inject(context.active(), {})
    outer.end()
  })
  metrics.getMeter('late').createCounter('calls').add(1)
  expect(recorded.spans.map(({ name, parentSpanId }) => [name, parentSpanId !== ''])).toEqual([
    ['inner', true],
    ['outer', false],
  ])
  back()
  expect(trace.getTracer('later').startSpan('x').isRecording()).toBe(false)
})
