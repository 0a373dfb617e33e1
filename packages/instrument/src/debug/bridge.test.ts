import * as fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import { object, recordInTests, tree } from '../testing/recorded.ts'
import { DEBUG_EVENT_TYPES, DebugBridge, attachDebugBridge } from './index.ts'
import type { DebugBridgeOptions, DebugEvent, DebugEventType } from './index.ts'

const recorded = recordInTests()
let now = 0
beforeEach(() => (now = 1_795_000_000_000))
const event = (type: DebugEventType, data?: unknown, more: Partial<DebugEvent> = {}): DebugEvent => ({
  type,
  level: 4,
  message: type,
  timestamp: (now += 10),
  requestId: 'r1',
  data,
  ...more,
})
const bridged = (events: readonly DebugEvent[], options?: DebugBridgeOptions): DebugBridge => {
  const listeners: ((event: DebugEvent) => void)[] = []
  const bridge = attachDebugBridge({ addListener: (listener) => listeners.push(listener) }, options)
  for (const each of events) for (const listener of listeners) listener(each)
  return bridge
}
const named = (name: string): Record<string, string> => ({ name })
const attributes = (name: string): Record<string, unknown> => object(recorded.span(name).attributes)

describe('a request', () => {
  it('has its spans within one another, of all 28 types of events', () => {
    const bridge = bridged([
      event('request:start', { method: 'GET', url: '/' }),
      event('middleware:enter', named('log')),
      event('route:match', { pattern: '/users/:id' }),
      event('middleware:enter', named('auth')),
      event('auth:check'),
      event('auth:success', { userId: '7' }),
      event('controller:enter', named('show')),
      event('cache:get', { key: 'u' }),
      event('cache:miss', { key: 'u', source: 'kv' }),
      event('orm:query', { table: 'users' }),
      event('orm:result', { rows: 1 }),
      event('cache:set', { key: 'u', ttl: 5 }, { duration: 2 }),
      event('cache:get', { key: 'v' }),
      event('cache:hit', { key: 'v', source: 'memory' }),
      event('auth:check'),
      event('auth:failure'),
      event('api:request', { url: 'http://x' }),
      event('api:response', { status: 200 }),
      event('search:query', { q: 'x' }),
      event('view:render', named('user'), { duration: 4 }),
      event('security:check'),
      event('plugin:load', named('p')),
      event('plugin:event', named('p')),
      event('config:load'),
      event('route:miss'),
      event('job:start', named('mail')),
      event('job:end', named('mail')),
      event('controller:exit', named('show')),
      event('middleware:exit', named('auth')),
      event('middleware:exit', named('log')),
      event('error', new Error('late')),
      event('request:end', { status: 500 }),
    ])
    expect(bridge.size).toBe(0)
    expect(tree(recorded.spans)).toEqual({
      request: {
        'middleware log': {
          'middleware auth': {
            'auth.check': {},
            'controller show': {
              'cache.get': {},
              'db.query': {},
              'cache.set': {},
              'auth.check': {},
              'http.client': {},
              'view.render user': {},
              'job.process mail': {},
            },
          },
        },
      },
    })
    const controller = recorded.span('controller show')
    expect(controller.events.map(({ name }) => name)).toEqual([
      'search.query',
      'security.check',
      'plugin.load',
      'plugin.event',
      'config.load',
      'route.miss',
    ])
    expect(attributes('view.render user')).toMatchObject({ 'debug.duration_ms': 4 })
    expect(recorded.span('request')).toMatchObject({
      kind: 'server',
      status: 'error',
      events: [{ name: 'exception' }],
    })
    expect(attributes('request')).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 500,
    })
    const [miss, hit] = recorded.spans.filter(({ name }) => name === 'cache.get')
    expect(object(miss!.attributes)).toMatchObject({ 'cache.hit': false, 'cache.source': 'kv' })
    expect(object(hit!.attributes)).toMatchObject({ 'cache.hit': true })
    expect(controller.endSeconds * 1e9 + controller.endNanos).toBeGreaterThan(
      controller.startSeconds * 1e9 + controller.startNanos,
    )
  })

  it('whose handler throws leaves no span open', () => {
    bridged([
      event('request:start'),
      event('middleware:enter', named('log')),
      event('controller:enter', named('show')),
      event('error', new TypeError('thrown')),
      event('request:end', { status: 500 }),
    ])
    expect(tree(recorded.spans)).toEqual({ request: { 'middleware log': { 'controller show': {} } } })
    expect(recorded.span('controller show')).toMatchObject({
      status: 'error',
      events: [{ name: 'exception' }],
    })
    expect(attributes('middleware log')).toMatchObject({ 'spanledger.debug.unended': true })
  })

  it('lies within the span of an instrumented server', () => {
    record('GET /users/:id', () => bridged([event('request:start'), event('request:end')]))
    expect(tree(recorded.spans)).toEqual({ 'GET /users/:id': { request: {} } })
    expect(recorded.span('request').kind).toBe('internal')
  })

  it('is not needed: what names none lies where it is told', () => {
    const bridge = new DebugBridge()
    const anywhere = { requestId: undefined } as never
    record('one', () => bridge.handleEvent(event('cache:get', { key: 'a' }, anywhere)))
    record('two', () => bridge.handleEvent(event('cache:get', { key: 'b' }, anywhere)))
    bridge.handleEvent(event('cache:hit', { key: 'b' }, anywhere))
    bridge.handleEvent(event('cache:miss', { key: 'a' }, anywhere))
    expect(bridge.size).toBe(0)
    expect(tree(recorded.spans)).toEqual({ one: { 'cache.get': {} }, two: { 'cache.get': {} } })
  })

  it('may do things at once', () => {
    bridged([
      event('request:start'),
      event('orm:query', { id: 1 }),
      event('orm:query', { id: 2 }),
      event('orm:result', { id: 1, rows: 1 }),
      event('orm:result', { id: 2, rows: 2 }),
      event('request:end'),
    ])
    const queries = recorded.spans.filter(({ name }) => name === 'db.query')
    expect(queries.map((query) => object(query.attributes))).toMatchObject([
      { 'debug.id': 1, 'debug.rows': 1 },
      { 'debug.id': 2, 'debug.rows': 2 },
    ])
    expect(new Set(queries.map(({ parentSpanId }) => parentSpanId)).size).toBe(1)
  })

  it('of which ends come in the wrong order, or alone, loses none and makes none up', () => {
    bridged([
      event('middleware:exit', named('early'), { duration: 5 }),
      event('request:start'),
      event('middleware:enter', named('a')),
      event('middleware:enter', named('b')),
      event('middleware:exit', named('a')),
      event('middleware:exit', named('b')),
      event('cache:hit', { key: 'k' }),
      event('request:end'),
    ])
    expect(recorded.spans.map(({ name }) => name).toSorted()).toEqual([
      'middleware a',
      'middleware b',
      'middleware early',
      'request',
    ])
    expect(recorded.span('request').events).toMatchObject([{ name: 'cache.get' }])
  })
})

describe('the level', () => {
  const events = [
    event('request:start', undefined, { level: 'info' }),
    event('middleware:enter', named('a'), { level: 4 }),
    event('cache:get', { key: 'k' }, { level: 5 }),
    event('cache:hit', { key: 'k' }, { level: 4 }),
    event('error', new Error('in the middle'), { level: 1 }),
    event('auth:failure', undefined, { level: 'ERROR' }),
    event('middleware:exit', named('a'), { level: 4 }),
    event('request:end', { status: 200 }, { level: 5 }),
  ]
  it.each([
    ['error', []],
    ['info', ['request']],
    ['debug', ['middleware a', 'request']],
    ['trace', ['cache.get', 'middleware a', 'request']],
  ] as const)('%s leaves out what is less severe, and never an error', (level, names) => {
    const bridge = bridged(events, { level, ignore: ['error'] })
    expect(bridge.size).toBe(0)
    const spans = recorded.spans.map(({ name }) => name).filter((name) => name !== 'auth.check')
    expect(spans.toSorted()).toEqual(names)
    const exceptions = recorded.spans
      .flatMap((span) => span.events)
      .filter(({ name }) => name === 'exception')
    expect(exceptions.length + recorded.logs.length).toBe(2)
    for (const log of recorded.logs) expect(log.severityText).toMatch(/error/i)
  })

  it('of an error without a request is an error in the log, without colours', () => {
    bridged([
      event('error', undefined, { requestId: undefined, message: '\u001B[31mfailed\u001B[0m' } as never),
    ])
    expect(recorded.logs).toMatchObject([{ body: 'failed', severity: 17 }])
  })
})

describe('bounds', () => {
  it('end the oldest of too many requests, and those that take too long', async () => {
    const bridge = new DebugBridge({ requestsMax: 2, requestMsMax: 20 })
    for (const id of ['1', '2', '3']) bridge.handleEvent(event('request:start', {}, { requestId: id }))
    expect(bridge.size).toBe(2)
    expect(recorded.spans).toHaveLength(1)
    await expect.poll(() => bridge.size).toBe(0)
    expect(recorded.spans).toHaveLength(3)
    expect(await recorded.points('debug.requests.abandoned')).toMatchObject([{ value: 3 }])
  })

  it('hold for any sequence of events: each span ends once, below one that holds it', () => {
    const events = fc.array(
      fc.record({
        type: fc.constantFrom(...DEBUG_EVENT_TYPES),
        requestId: fc.constantFrom('a', 'b', undefined),
        level: fc.integer({ min: 0, max: 6 }),
        timestamp: fc.integer({ min: 1_795_000_000_000, max: 1_795_000_000_100 }),
        duration: fc.option(fc.nat(50), { nil: undefined }),
        data: fc.oneof(fc.record({ name: fc.constantFrom('x', 'y') }), fc.anything()),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(events, (all) => {
        recorded.spans.length = recorded.logs.length = 0
        const bridge = new DebugBridge({ level: 'trace' })
        for (const each of all) bridge.handleEvent(each as DebugEvent)
        bridge.close()
        const ids = recorded.spans.map(({ spanId }) => spanId)
        expect(new Set(ids).size).toBe(ids.length)
        for (const { parentSpanId } of recorded.spans) expect(['', ...ids]).toContain(parentSpanId)
        const errors = all.filter(({ type, level }) => type === 'error' || level <= 1).length
        const told = recorded.spans
          .flatMap((span) => span.events)
          .filter(({ name }) => name === 'exception').length
        expect(told + recorded.logs.length).toBeGreaterThanOrEqual(errors)
      }),
    )
  })
})

it('timings are spans within one another', () => {
  const bridge = new DebugBridge()
  bridge.handleEvent(event('request:start'))
  bridge.handleTiming(
    {
      name: 'render',
      startTime: 10,
      duration: 5,
      metadata: { rows: 2 },
      children: [{ name: 'layout', startTime: 11, endTime: 12 }],
    },
    'r1',
  )
  bridge.close()
  expect(tree(recorded.spans)).toEqual({ request: { render: { layout: {} } } })
  const { startSeconds, startNanos, endSeconds, endNanos } = recorded.span('render')
  expect((endSeconds - startSeconds) * 1e9 + endNanos - startNanos).toBeCloseTo(5e6, -4)
})

it('off, nothing is kept', async () => {
  await shutdown()
  expect(bridged([event('request:start'), event('error')]).size).toBe(0)
})
