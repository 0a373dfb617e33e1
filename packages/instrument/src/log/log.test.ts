import { Writable } from 'node:stream'
import * as fc from 'fast-check'
import pino from 'pino'
import { describe, expect, it } from 'vitest'
import { record, shutdown } from '@spanledger/sdk'
import { object, recordInTests } from '../testing/recorded.ts'
import { createLogger, patchConsole, pinoRecording } from './index.ts'

const recorded = recordInTests()

const makePino = (options: object = {}): { logger: pino.Logger; lines: Record<string, unknown>[] } => {
  const lines: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>)
      done()
    },
  })
  return { logger: pino({ ...pinoRecording(), ...options }, stream), lines }
}

const printing = (): {
  printed: unknown[][]
  console: Pick<Console, 'trace' | 'debug' | 'log' | 'info' | 'warn' | 'error'>
} => {
  const printed: unknown[][] = []
  const print = (...args: unknown[]): void => void printed.push(args)
  return {
    printed,
    console: { trace: print, debug: print, log: print, info: print, warn: print, error: print },
  }
}

describe('the logger', () => {
  it('ties lines to the span, in the ledger and beside it', () => {
    const lines: string[] = []
    const logger = createLogger({ name: 'orders', sink: { write: (line) => lines.push(line) } }).child({
      shop: 1,
    })
    record('work', () => logger.warn('late', { minutes: 5 }))
    const span = recorded.span('work')
    expect(recorded.logs).toMatchObject([
      {
        severity: 13,
        severityText: 'WARN',
        body: 'late',
        traceId: span.traceId,
        spanId: span.spanId,
        scope: { name: 'orders' },
      },
    ])
    expect(object(recorded.logs[0]!.attributes)).toEqual({ shop: 1, minutes: 5 })
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      {
        level: 'warn',
        name: 'orders',
        message: 'late',
        shop: 1,
        minutes: 5,
        trace_id: span.traceId,
        span_id: span.spanId,
      },
    ])
  })

  it('leaves out what is below its level', () => {
    const logger = createLogger({ level: 'warn' })
    logger.info('no')
    logger.error('yes')
    expect(recorded.logs.map(({ body }) => body)).toEqual(['yes'])
    expect([logger.isEnabled('info'), logger.isEnabled('fatal')]).toEqual([false, true])
  })

  it('keeps an error with its stack, as message or among the fields', () => {
    const logger = createLogger()
    logger.error(new TypeError('as message'))
    logger.error('failed', { error: new RangeError('as field') })
    expect(recorded.logs.map((line) => [line.body, object(line.attributes)])).toMatchObject([
      [
        'as message',
        { 'exception.type': 'TypeError', 'exception.stacktrace': expect.stringContaining('log.test') },
      ],
      ['failed', { 'exception.type': 'RangeError', 'exception.message': 'as field' }],
    ])
  })

  it('throws at nothing it is given', () => {
    const lines: string[] = []
    const logger = createLogger({ sink: { write: (line) => lines.push(line) } })
    const cyclic: Record<string, unknown> = { big: 7n }
    cyclic['self'] = cyclic
    const throwing = Object.defineProperty({ fine: 1 }, 'broken', {
      enumerable: true,
      get() {
        throw new Error('no')
      },
    })
    logger.info(cyclic, { cyclic, throwing })
    logger.info('fields', throwing)
    expect(lines.map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { cyclic: expect.stringContaining('Circular') },
      { fine: 1, broken: '[unreadable]' },
    ])
    fc.assert(
      fc.property(fc.anything(), fc.dictionary(fc.string(), fc.anything()), (message, fields) => {
        lines.length = 0
        logger.info(message, fields)
        expect(() => JSON.parse(lines[0]!)).not.toThrow()
      }),
    )
  })

  it('throws at no sink, and at nothing that cannot be read', () => {
    const lines: string[] = []
    class Evil extends Error {
      override get message(): string {
        throw new Error('no')
      }
    }
    const logger = createLogger({
      sink: {
        write(line) {
          lines.push(line)
          throw new Error('sink')
        },
      },
    })
    logger.info('a')
    logger.info(new Evil())
    logger.info(revoked())
    logger.info('b', revoked())
    logger.info('c', { evil: new Evil(), revoked: revoked() })
    logger.child(revoked()).info('d')
    const bodies = ['a', '[unreadable]', '[unreadable]', 'b', 'c', 'd']
    expect(lines.map((line) => (JSON.parse(line) as { message: unknown }).message)).toEqual(bodies)
    expect(recorded.logs.map(({ body }) => body)).toEqual(bodies)
  })

  it('lets no field take the place of what a line says of itself', () => {
    const lines: string[] = []
    const logger = createLogger({ name: 'orders', sink: { write: (line) => lines.push(line) } })
    const fake = { time: 0, level: 'fake', name: 'fake', message: 'fake', trace_id: 'fake', span_id: 'fake' }
    record('work', () => logger.info('real', { ...fake, shop: 1 }))
    const { traceId, spanId } = recorded.span('work')
    expect(JSON.parse(lines[0]!)).toEqual({
      time: expect.stringMatching(/^\d{4}-/),
      level: 'info',
      name: 'orders',
      message: 'real',
      trace_id: traceId,
      span_id: spanId,
      shop: 1,
    })
  })

  it('writes its lines also while recording is off', async () => {
    await shutdown()
    const lines: string[] = []
    createLogger({ sink: { write: (line) => lines.push(line) } }).info('still here')
    expect(lines).toHaveLength(1)
    expect(recorded.logs).toEqual([])
  })
})

describe('pino', () => {
  it('has the ids on its lines, and a record for each', () => {
    const { logger, lines } = makePino({ redact: ['password'] })
    record('work', () =>
      logger.child({ shop: 1 }).error({ err: new TypeError('no'), password: 'p' }, 'failed %s', 'twice'),
    )
    const { traceId, spanId } = recorded.span('work')
    expect(lines).toMatchObject([
      { msg: 'failed twice', trace_id: traceId, span_id: spanId, trace_flags: '03' },
    ])
    expect(recorded.logs).toMatchObject([
      { severity: 17, severityText: 'ERROR', body: 'failed twice', traceId, spanId },
    ])
    expect(object(recorded.logs[0]!.attributes)).toEqual({
      shop: 1,
      password: '[Redacted]',
      'exception.type': 'TypeError',
      'exception.message': 'no',
      'exception.stacktrace': expect.stringContaining('log.test'),
    })
  })

  it('has its message and its error under keys of its own', () => {
    const { logger } = makePino({ messageKey: 'message', errorKey: 'error' })
    logger.child({ shop: 1 }).info({ msg: 'a field' }, 'said')
    logger.error(new TypeError('no'))
    expect(recorded.logs.map(({ body }) => body)).toEqual(['said', 'no'])
    expect(recorded.logs.map((log) => object(log.attributes))).toMatchObject([
      { shop: 1, msg: 'a field' },
      { 'exception.type': 'TypeError', 'exception.message': 'no' },
    ])
    expect(Object.keys(object(recorded.logs[1]!.attributes))).not.toContain('error')
  })

  it('has levels by label, and lines that are no JSON', () => {
    const { logger } = makePino({ formatters: { level: (label: string) => ({ level: label }) } })
    logger.fatal('by label')
    pinoRecording().hooks.streamWrite('no json\n')
    expect(recorded.logs).toMatchObject([
      { severity: 21, body: 'by label' },
      { severity: 0, body: 'no json' },
    ])
  })
})

describe('the console', () => {
  it('prints as before, and records without colours', () => {
    const { printed, console } = printing()
    const undo = patchConsole(console)
    console.error('\u001B[31mout of\u001B[0m %s', 'tea', { left: 0 })
    undo()
    console.log('not recorded')
    expect(printed).toEqual([['\u001B[31mout of\u001B[0m %s', 'tea', { left: 0 }], ['not recorded']])
    expect(recorded.logs).toMatchObject([
      { severity: 17, body: 'out of tea { left: 0 }', scope: { name: 'console' } },
    ])
  })

  it('never records what is printed while it records', () => {
    const { printed, console } = printing()
    const undo = patchConsole(console)
    const chatty = {
      get name(): string {
        console.log('inner')
        return 'chatty'
      },
      [Symbol.for('nodejs.util.inspect.custom')]() {
        return this.name
      },
    }
    console.log('%o', chatty)
    undo()
    expect(printed.length).toBeGreaterThan(1)
    expect(recorded.logs).toHaveLength(1)
  })

  it('keeps the stack of an error', () => {
    const { console } = printing()
    const undo = patchConsole(console)
    console.error(new TypeError('no'))
    undo()
    expect(object(recorded.logs[0]!.attributes)).toMatchObject({ 'exception.type': 'TypeError' })
  })
})

function revoked(): Record<string, unknown> {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
