import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { grpcOutcome } from './grpc-outcome.ts'
import { httpOutcome, retryAfterMs } from './http-outcome.ts'
import { RETRY_AFTER_MS_MAX } from './limits.ts'

const NOW = Date.UTC(2026, 10, 21, 12)
const bytes = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))
const http = (status: number, more: object = {}) =>
  httpOutcome(
    { status, contentType: 'application/x-protobuf', retryAfter: undefined, body: bytes(), ...more },
    NOW,
  )
const grpc = (code: number | undefined, more: object = {}) =>
  grpcOutcome({ httpStatus: 200, code, message: '', details: '', body: bytes(), ...more })

/** google.rpc.Status with a RetryInfo of one and a half seconds. */
const TYPE = 'type.googleapis.com/google.rpc.RetryInfo'
const delay = bytes(0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01)
const retryInfo = Buffer.concat([bytes(0x0a, delay.length), delay])
const any = Buffer.concat([bytes(0x0a, TYPE.length, TYPE, 0x12, retryInfo.length), retryInfo])
const RETRY_STATUS = Buffer.concat([bytes(0x08, 8, 0x12, 4, 'full', 0x1a, any.length), any])

describe('HTTP', () => {
  test('each status is taken, final, or to be retried, as OTLP says', () => {
    for (let status = 100; status < 600; status++) {
      const expected =
        status >= 200 && status < 300
          ? 'delivered'
          : [429, 502, 503, 504].includes(status)
            ? 'unavailable'
            : 'refused'
      expect([status, http(status).kind]).toEqual([status, expected])
    }
  })

  test('a partial success is told, in both encodings', () => {
    const body = bytes(0x0a, 6, 0x08, 3, 0x12, 2, 'no')
    expect(http(200, { body })).toEqual({ kind: 'delivered', rejected: 3, message: 'no' })
    const partialSuccess = { rejectedLogRecords: '3', errorMessage: 'no' }
    const json = {
      contentType: 'application/json; charset=utf-8',
      body: bytes(JSON.stringify({ partialSuccess })),
    }
    expect(http(200, json)).toEqual({ kind: 'delivered', rejected: 3, message: 'no' })
  })

  test('the case of a media type means nothing, nor what follows it', () => {
    const body = bytes('{"partialSuccess":{"rejectedSpans":"3","errorMessage":"no"}}')
    const told = { kind: 'delivered', rejected: 3, message: 'no' }
    expect(http(200, { contentType: 'Application/JSON; charset=utf-8', body })).toEqual(told)
    expect(http(200, { contentType: 'Text/HTML', body })).toMatchObject({ kind: 'refused' })
  })

  test('a status that comes with a refusal is told on one line', () => {
    expect(http(400, { body: bytes(0x08, 3, 0x12, 6, 'a\nb\u001bc\u007f') })).toEqual({
      kind: 'refused',
      reason: 'HTTP 400: a b c ',
    })
    const body = bytes('{"code":3,"message":"no spans"}')
    expect(http(400, { contentType: 'application/json', body })).toMatchObject({
      reason: 'HTTP 400: no spans',
    })
  })

  test('a web page is no collector, and a redirect is not followed', () => {
    expect(http(200, { contentType: 'text/html; charset=utf-8', body: bytes('<html>') }).kind).toBe('refused')
    expect(http(307)).toMatchObject({ reason: expect.stringContaining('not followed') })
  })

  test.each([
    ['12', 12_000],
    [' 0.5 ', 500],
    ['0', 0],
    [new Date(NOW + 7_000).toUTCString(), 7_000],
    [new Date(NOW - 7_000).toUTCString(), 0],
    ['999999', RETRY_AFTER_MS_MAX],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('Retry-After %j', (header, expected) => {
    expect(retryAfterMs(header, NOW)).toBe(expected)
  })

  test('whatever an answer holds, it is one of the three', () => {
    fc.assert(
      fc.property(
        fc.nat(999),
        fc.string(),
        fc.option(fc.string(), { nil: undefined }),
        fc.uint8Array(),
        (...all) => {
          const [status, contentType, retryAfter, body] = all
          expect(httpOutcome({ status, contentType, retryAfter, body }, NOW).kind).toMatch(
            /^(delivered|refused|unavail)/,
          )
        },
      ),
    )
  })
})

describe('gRPC', () => {
  const RETRYABLE = [1, 4, 10, 11, 14, 15]
  test.each(Array.from({ length: 20 }, (_, i) => i))(
    'code %i is final or to be retried as OTLP says',
    (code) => {
      expect(grpc(code).kind).toBe(
        code === 0 ? 'delivered' : RETRYABLE.includes(code) ? 'unavailable' : 'refused',
      )
    },
  )

  test('RESOURCE_EXHAUSTED is retried only when it says when', () => {
    const details = RETRY_STATUS.toString('base64')
    expect(grpc(8)).toEqual({ kind: 'refused', reason: 'gRPC RESOURCE_EXHAUSTED' })
    expect(grpc(8, { details })).toEqual({
      kind: 'unavailable',
      reason: 'gRPC RESOURCE_EXHAUSTED: full',
      afterMs: 1_500,
    })
    expect(grpc(14, { details, message: 'later%20%E2%98%83' })).toMatchObject({
      reason: 'gRPC UNAVAILABLE: later ☃',
      afterMs: 1_500,
    })
    expect(grpc(3, { details }).kind).toBe('refused')
  })

  test.each([
    [200, 'refused'],
    [401, 'refused'],
    [404, 'refused'],
    [429, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [504, 'unavailable'],
  ])('HTTP %i without a gRPC status is %s', (httpStatus, kind) => {
    expect(grpc(undefined, { httpStatus })).toMatchObject({
      kind,
      reason: expect.stringContaining(`HTTP ${httpStatus}`),
    })
  })

  test('a partial success is told; garbage in its place is not', () => {
    const message = bytes(0x0a, 6, 0x08, 3, 0x12, 2, 'no')
    expect(grpc(0, { body: message })).toEqual({ kind: 'delivered', rejected: 3, message: 'no' })
    expect(grpc(0, { body: bytes(0xff, 0xff, 0xff) })).toEqual({
      kind: 'delivered',
      rejected: 0,
      message: '',
    })
    fc.assert(
      fc.property(
        fc.uint8Array(),
        fc.base64String(),
        fc.string(),
        fc.nat(20),
        (body, details, text, code) => {
          expect(grpc(code, { body, details, message: text }).kind).toMatch(/^(delivered|refused|unavail)/)
        },
      ),
    )
  })
})
