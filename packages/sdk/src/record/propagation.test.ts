import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Baggage } from './baggage.ts'
import { Context } from './context.ts'
import { contextOfEnvironment, environmentWith, extract, inject } from './propagation.ts'
import { SilentSpan } from './span.ts'
import { TraceState } from './trace-state.ts'

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const SPAN = '00f067aa0ba902b7'
const spanOf = (headers: object) => extract(headers, new Context()).span?.spanContext()

describe('traceparent, as the specification says', () => {
  test.each([
    [`00-${TRACE}-${SPAN}-01`, 1],
    [`00-${TRACE}-${SPAN}-00`, 0],
    [`00-${TRACE}-${SPAN}-03`, 3],
    // Flags nobody knows are not passed on.
    [`00-${TRACE}-${SPAN}-ff`, 3],
    [`  00-${TRACE}-${SPAN}-01\t`, 1],
    // A later version, with what it added.
    [`cc-${TRACE}-${SPAN}-01`, 1],
    [`cc-${TRACE}-${SPAN}-01-what-the-future-will-be-like`, 1],
  ])('%s is read', (traceparent, traceFlags) => {
    expect(spanOf({ traceparent })).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags, isRemote: true })
  })

  test.each([
    ['', 'empty'],
    ['garbage', 'garbage'],
    [`ff-${TRACE}-${SPAN}-01`, 'version ff'],
    [`00-${TRACE}-${SPAN}-01-more`, 'version 00 with more'],
    [`00-${TRACE}-${SPAN}-01.`, 'version 00 with a dot'],
    [`cc-${TRACE}-${SPAN}-01.future`, 'a later version without its dash'],
    [`00-${'0'.repeat(32)}-${SPAN}-01`, 'a trace id of zeros'],
    [`00-${TRACE}-${'0'.repeat(16)}-01`, 'a span id of zeros'],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, 'upper case'],
    [`00-${TRACE}0-${SPAN}-01`, 'too long'],
    [`0-${TRACE}-${SPAN}-01`, 'too short'],
    [`00-${TRACE}-${SPAN}-1`, 'one digit of flags'],
    [`00-${TRACE}-${SPAN}-0x`, 'flags that are no digits'],
  ])('%j is ignored: %s', (traceparent) => {
    expect(spanOf({ traceparent, tracestate: 'a=1' })).toBeUndefined()
  })

  test('twice is not once', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`
    expect(spanOf({ traceparent: [traceparent, traceparent] })).toBeUndefined()
    expect(spanOf({ traceparent: [traceparent] })).toBeDefined()
  })
})

describe('tracestate', () => {
  test.each([
    ['foo=1,bar=2', 'foo=1,bar=2'],
    [' foo=1 \t,\tbar=2 ,', 'foo=1,bar=2'],
    ['foo=1,,bar=2', 'foo=1,bar=2'],
    ['foo=1,foo=2', 'foo=1'],
    ['tenant@vendor=x,0a@b=1', 'tenant@vendor=x,0a@b=1'],
    [`${'z'.repeat(256)}=1`, `${'z'.repeat(256)}=1`],
    [`a=${'v'.repeat(256)}`, `a=${'v'.repeat(256)}`],
  ])('%j is %j', (text, expected) => {
    expect(TraceState.parse(text).serialize()).toBe(expected)
  })

  test.each([
    'foo',
    'foo=',
    '=1',
    'FOO=1',
    'foo.bar=1',
    'foo =1',
    'foo=1=2',
    'foo=a,b',
    `${'z'.repeat(257)}=1`,
    `a=${'v'.repeat(257)}`,
    'foo=\u00fc',
  ])('%j is discarded whole, and the traceparent kept', (tracestate) => {
    const found = spanOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate })
    expect([found?.traceId, found?.traceState?.serialize()]).toEqual([TRACE, ''])
  })

  test('32 members are kept, 33 are discarded; several headers are one', () => {
    const members = Array.from({ length: 33 }, (_, i) => `k${i}=${i}`)
    expect(TraceState.parse(members.slice(1).join()).serialize().split(',')).toHaveLength(32)
    expect(TraceState.parse(members.join()).serialize()).toBe('')
    const found = spanOf({ traceparent: `00-${TRACE}-${SPAN}-01`, tracestate: ['a=1', 'b=2'] })
    expect(found?.traceState?.serialize()).toBe('a=1,b=2')
  })

  test('a changed member comes first, and the last of 32 leaves', () => {
    const state = TraceState.parse(Array.from({ length: 32 }, (_, i) => `k${i}=${i}`).join())
    const text = state.set('k5', 'new').set('other', '1').serialize()
    expect(text.startsWith('other=1,k5=new,k0=0')).toBe(true)
    expect(text.split(',')).toHaveLength(32)
    expect(text).not.toContain('k31=')
  })
})

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((id) => /[^0]/.test(id))
const key = fc.stringMatching(/^[a-z0-9][-_*/@a-z0-9]{0,20}$/)
const stateValue = fc.stringMatching(/^[!-+\--<>-~]{1,20}$/)
const baggageKey = fc.stringMatching(/^[-!#$%&'*+.^_`|~0-9A-Za-z]{1,20}$/)

test.each(['an object', 'Headers', 'a Map', 'the environment'])(
  'what is put into %s comes out again',
  (kind) => {
    fc.assert(
      fc.property(
        hex(32),
        hex(16),
        fc.integer({ min: 0, max: 3 }),
        fc.uniqueArray(fc.tuple(key, stateValue), { maxLength: 8, selector: ([name]) => name }),
        fc.uniqueArray(fc.tuple(baggageKey, fc.string({ unit: 'grapheme', maxLength: 20 })), {
          maxLength: 8,
          selector: ([name]) => name,
        }),
        (traceId, spanId, traceFlags, members, entries) => {
          const traceState = TraceState.parse(members.map(([name, value]) => `${name}=${value}`).join())
          const baggage = new Baggage(entries.map(([name, value]) => [name, { value }] as const))
          const sent = new Context(new SilentSpan({ traceId, spanId, traceFlags, traceState }), baggage)
          const carrier = kind === 'Headers' ? new Headers() : kind === 'a Map' ? new Map() : {}
          const got =
            kind === 'the environment'
              ? contextOfEnvironment(environmentWith({}, sent))
              : extract(inject(carrier, sent), new Context())
          const { traceState: state, ...ids } = got.span!.spanContext()
          expect(ids).toEqual({ traceId, spanId, traceFlags, isRemote: true })
          expect(state?.serialize() ?? '').toBe(traceState.serialize())
          expect(got.baggage?.getAllEntries() ?? []).toEqual(baggage.getAllEntries())
        },
      ),
    )
  },
)

test('baggage: what is no member is left out, properties stay', () => {
  const { baggage } = extract({ Baggage: 'a=1;ttl=3;x, bad key=2,=3,c=%20d%,e' }, new Context())
  expect(
    baggage?.getAllEntries().map(([name, { value, metadata }]) => [name, value, metadata?.toString()]),
  ).toEqual([
    ['a', '1', 'ttl=3;x'],
    ['c', '%20d%', undefined],
  ])
  expect(inject({}, new Context(undefined, baggage))).toEqual({ baggage: 'a=1;ttl=3;x,c=%2520d%25' })
})

test('garbage of every kind is ignored', () => {
  fc.assert(
    fc.property(
      fc.object({ key: fc.constantFrom('traceparent', 'tracestate', 'baggage', 'x') }),
      (carrier) => {
        const base = new Context()
        expect(() => inject(Object.freeze(carrier), extract(carrier, base))).not.toThrow()
      },
    ),
  )
})

test("a child's parent is the active span, not what this process was started under", () => {
  const env = { TRACEPARENT: `00-${TRACE}-${SPAN}-01`, TRACESTATE: 'a=1', PATH: '/bin' }
  expect(environmentWith(env, new Context())).toEqual({ PATH: '/bin' })
  expect(contextOfEnvironment(env).span?.spanContext().traceId).toBe(TRACE)
})
