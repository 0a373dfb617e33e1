import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Baggage } from './baggage.ts'
import { ROOT_CONTEXT, contextOf } from './context.ts'
import { inject } from './propagation.ts'
import { recordWith } from './record.ts'
import { memoryRecorder } from './testing/memory.ts'

const cyclic: Record<string, unknown> = { name: 'loop' }
cyclic['self'] = cyclic
const hostile = {
  get broken() {
    throw new Error('getter')
  },
  fine: 1,
}
const proxy = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('trap')
    },
  },
)
let deep: unknown = 'bottom'
for (let i = 0; i < 100_000; i++) deep = [deep]

test.each([
  ['undefined is not there', undefined, undefined],
  ['null is a value', null, null],
  ['a function is dropped', () => 1, undefined],
  ['a symbol is dropped', Symbol('s'), undefined],
  ['a date is its text', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['an invalid date is null', new Date(Number.NaN), null],
  ['a map is its pairs', new Map([['a', new Set([1, 2])]]), [['a', [1, 2]]]],
  ['an error is its name and message', new TypeError('no'), 'TypeError: no'],
  ['a bigint of 64 bits', 2n ** 63n - 1n, 2n ** 63n - 1n],
  ['a larger bigint is text', 2n ** 63n, '9223372036854775808'],
  ['a cycle ends', cyclic, { name: 'loop', self: '[circular]' }],
  ['a getter that throws', hostile, { broken: '[unreadable]', fine: 1 }],
  ['a proxy that throws', proxy, '[unreadable]'],
  ['holes in arrays', [1, () => 1, undefined], [1, null, null]],
  ['__proto__ is a key', JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}')],
])('%s', (_name, value, expected) => {
  const { recorder, spans } = memoryRecorder()
  recorder.tracer('t').startSpan('s', { attributes: { value } }).end()
  const [, kept] = spans[0]!.attributes
  expect(typeof kept === 'object' && kept !== null ? JSON.parse(JSON.stringify(kept)) : kept).toEqual(
    expected,
  )
  expect(spans[0]!.droppedAttributes).toBe(['function', 'symbol'].includes(typeof value) ? 1 : 0)
})

test('strings and depth end at their limits', () => {
  const { recorder, spans } = memoryRecorder()
  const long = `${'x'.repeat(256 * 1024 - 1)}\u{1f600}${'x'.repeat(10_000_000)}`
  const span = recorder.tracer('t').startSpan('s', { attributes: { long, list: [long, long], deep } })
  span.end()
  const [, kept, , list, , nested] = spans[0]!.attributes
  // Not half of the emoji.
  expect((kept as string).length).toBe(256 * 1024 - 1)
  expect((list as string[]).map(({ length }) => length)).toEqual([256 * 1024 - 1, 1])
  expect(JSON.stringify(nested)).toBe(`${'['.repeat(16)}"[nested too deep]"${']'.repeat(16)}`)
})

test('a value is a copy', () => {
  const { recorder, spans } = memoryRecorder()
  const list = [1]
  const span = recorder.tracer('t').startSpan('s').setAttribute('list', list)
  list.push(2)
  span.end()
  expect(spans[0]!.attributes).toEqual(['list', [1]])
})

test.each<[string, (of: ReturnType<typeof memoryRecorder>['recorder']) => unknown]>([
  [
    'links that are none',
    (of) =>
      of
        .tracer('t')
        .startSpan('s')
        .addLinks(undefined as never),
  ],
  ['a link that is none', (of) => of.tracer('t').startSpan('s', { links: [undefined as never] })],
  [
    'a trace state that is text',
    (of) =>
      of
        .tracer('t')
        .startSpan('s')
        .addLink({ context: { ...SOMEWHERE, traceState: 'x=y' as never } }),
  ],
  [
    'an active span that is none',
    (of) => of.tracer('t').startSpan('s', {}, ROOT_CONTEXT.withSpan({} as never)),
  ],
  ['a parent that is none', (of) => of.tracer('t').startSpan('s', {}, null as never)],
  ['options that throw', (of) => of.tracer('t').startSpan('s', broken({}, 'kind'))],
  ['an error whose message throws', (of) => of.logger('l').error(broken(new Error('e'), 'message'))],
  ['attributes that throw beside an error', (of) => of.logger('l').error(new Error('e'), broken({}, 'a'))],
  ['a revoked proxy', (of) => of.logger('l').info(revoked())],
  ['no log record', (of) => of.logger('l').emit(undefined as never)],
  ['a log record whose context is none', (of) => of.logger('l').emit({ body: 'b', context: null as never })],
  ['a measurement by nothing', (of) => of.meter('m').createCounter('c').add(1, { '': undefined })],
  [
    'an instrument whose name is none',
    (of) =>
      of
        .meter('m')
        .createCounter(Symbol('c') as never)
        .add(1),
  ],
  [
    'baggage whose value is a number',
    () => inject({}, ROOT_CONTEXT.withBaggage(new Baggage([['a', { value: 5 as never }]]))),
  ],
  ['a context that is none', () => contextOf(undefined).getValue(Symbol('key'))],
])('%s harms nobody', (_name, use) => {
  expect(() => use(memoryRecorder().recorder)).not.toThrow()
})

test('what can be told of a broken error is told', () => {
  const { recorder, logs } = memoryRecorder()
  recorder.logger('l').error(broken(new Error('e'), 'message'), { id: 7 })
  recorder.logger('l').error(new Error('no'), {
    get broken() {
      throw new Error('getter')
    },
    id: 8,
  })
  expect(logs).toMatchObject([
    { body: undefined, attributes: ['exception.type', 'unreadable', 'id', 7] },
    { body: 'no', attributes: expect.arrayContaining(['broken', '[unreadable]', 'id', 8]) },
  ])
})

const SOMEWHERE = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: 1 }
const broken = <T extends object>(of: T, member: string): T =>
  Object.defineProperty(of, member, {
    enumerable: true,
    get() {
      throw new Error('getter')
    },
  })
function revoked(): object {
  const { proxy: gone, revoke } = Proxy.revocable({}, {})
  revoke()
  return gone
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withTypedArray: true,
  withSparseArray: true,
})

test('nothing that is handed in makes recording throw', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anything, { minLength: 6, maxLength: 6 }), async (values) => {
      const [a, b, c, d, e, f] = values as [never, never, never, never, never, never]
      const { recorder, spans, logs } = memoryRecorder()
      const tracer = recorder.tracer(a, b, c)
      const span = tracer.startSpan(a, {
        kind: b,
        attributes: c,
        startTime: e,
        links: [{ context: { traceId: 'x', spanId: 'y', traceFlags: 1 } }],
      })
      span
        .setAttribute(a, b)
        .setAttributes(c)
        .addEvent(d, e, f)
        .setStatus(a, b)
        .updateName(c)
        .recordException(d, e)
      span.end(f)
      recorder.logger(a).info(b, c)
      recorder.logger(a).emit({ body: d, attributes: e, severityNumber: f, timestamp: a, exception: b })
      const meter = recorder.meter(a)
      meter.createCounter(b, c).add(d, e)
      meter.createHistogram(b, c).record(d, e)
      meter.createGauge(b, c).record(d, e)
      meter.createObservableGauge(b, c).addCallback(d)
      await recorder.collect()
      const caught = await recordWith(tracer, a, {}, () => Promise.reject(b as Error)).catch(
        (thrown: unknown) => [thrown],
      )
      expect(caught).toEqual([b])
      expect([spans.length, logs.length]).toEqual([2, expect.any(Number)])
    }),
    { numRuns: 300 },
  )
})

test('texts of 10 MB in every place, and spans that never end, cost the host nothing but their own record', () => {
  const { recorder, spans, logs } = memoryRecorder()
  const huge = 'x'.repeat(10_000_000)
  const tracer = recorder.tracer('t')
  for (let i = 0; i < 1_000; i++) tracer.startSpan(`never ended ${i}`)
  const span = tracer.startSpan(huge, { attributes: { [huge]: 1, fine: 2 } })
  span.addEvent(huge, { [huge]: huge })
  span.setStatus('error', huge).end()
  span.end()
  recorder.logger('t').info(huge, { text: huge })
  expect([spans.length, logs.length]).toEqual([1, 1])
  const [one] = spans
  expect([one!.attributes, one!.droppedAttributes]).toEqual([['fine', 2], 1])
  for (const text of [one!.name, one!.statusMessage, one!.events[0]!.name, logs[0]!.body as string])
    expect(text.length).toBeLessThanOrEqual(256 * 1024)
  expect((logs[0]!.attributes[1] as string).length).toBeLessThanOrEqual(256 * 1024)
})
