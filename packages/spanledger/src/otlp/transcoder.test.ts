import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { createRedactor } from '@spanledger/sdk/redact'
import { createTranscoder, type Signal } from './index.ts'
import { jsonToProtobuf } from './json-request.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import {
  attribute,
  attrsOf,
  json,
  linesOf,
  logs,
  origin,
  span,
  SPAN,
  spans,
  text,
  TRACE,
  transcoder,
  withOrigin,
} from './testing/requests.ts'
import { createWorkload } from './testing/workload.ts'

const written = (any: object): string => attrsOf(attribute('k', any)).slice('{"k":'.length, -1)

const sensitive = (value: object): string => attrsOf(attribute('http.request.header.authorization', value))

describe('lines', () => {
  test('a span, key by key', () => {
    const request = spans(
      span({
        traceId: TRACE.toUpperCase(),
        parentSpanId: 'EEE19B7EC3C1B173',
        traceState: 'a=b',
        flags: 769,
        kind: 3,
        startTimeUnixNano: '1763700000000000001',
        endTimeUnixNano: '1763700000000000900',
        status: { code: 2, message: 'boom' },
        attributes: [attribute('a', { intValue: 1 })],
        droppedAttributesCount: 1,
        events: [
          {
            timeUnixNano: '9',
            name: 'e',
            attributes: [attribute('b', { boolValue: true })],
            droppedAttributesCount: 2,
          },
        ],
        droppedEventsCount: 3,
        links: [
          {
            traceId: TRACE,
            spanId: SPAN,
            traceState: 's',
            attributes: [attribute('c', {})],
            droppedAttributesCount: 4,
            flags: 1,
          },
        ],
        droppedLinksCount: 5,
      }),
    )
    expect(linesOf(json('traces', request))).toEqual([
      `{"span":"${SPAN}","trace":"${TRACE}","parent":"eee19b7ec3c1b173","name":"n","kind":"client","start":"1763700000000000001","ns":899,` +
        `"status":"error","message":"boom","state":"a=b","flags":769,"attrs":{"a":1},"dropped":1,` +
        `"events":[{"name":"e","time":"9","attrs":{"b":true},"dropped":2}],"droppedEvents":3,` +
        `"links":[{"trace":"${TRACE}","span":"${SPAN}","state":"s","attrs":{"c":null},"dropped":4,"flags":1}],"droppedLinks":5,"in":"${origin}"}`,
    ])
  })

  test('what is left out, and a span that ends before it starts', () => {
    expect(linesOf(json('traces', spans(span({ startTimeUnixNano: '7', endTimeUnixNano: '5' }))))).toEqual([
      `{"span":"${SPAN}","trace":"${TRACE}","name":"n","start":"7","end":"5","in":"${origin}"}`,
    ])
    expect(linesOf(json('logs', logs({})))).toEqual([`{"log":"0","in":"${origin}"}`])
  })

  test('the definition of an origin, once, with everything it has', () => {
    const resource = {
      attributes: [attribute('service.name', { stringValue: 's' })],
      droppedAttributesCount: 1,
      entityRefs: [{ type: 'service', idKeys: ['service.name'], descriptionKeys: ['d'], schemaUrl: 'e' }],
    }
    const scope = {
      name: 'lib',
      version: '1',
      attributes: [attribute('x', { intValue: 2 })],
      droppedAttributesCount: 3,
    }
    const scopeSpans = [{ scope, spans: [span(), span()], schemaUrl: 'v' }]
    const { batch } = json('traces', {
      resourceSpans: [
        { resource, scopeSpans, schemaUrl: 'u' },
        { resource, scopeSpans, schemaUrl: 'u' },
      ],
    })
    expect(batch.count).toBe(4)
    expect([...batch.definitions.values()].map(text)).toEqual([
      `{"origin":"${[...batch.definitions.keys()][0]}","resource":{"attrs":{"service.name":"s"},"dropped":1,` +
        `"entities":[{"type":"service","idKeys":["service.name"],"descriptionKeys":["d"],"schemaUrl":"e"}],"schemaUrl":"u"},` +
        `"scope":{"name":"lib","version":"1","attrs":{"x":2},"dropped":3,"schemaUrl":"v"}}\n`,
    ])
  })

  test('every kind of value', () => {
    expect(written({ stringValue: 'a"b\\\n\u0001é' })).toBe('"a\\"b\\\\\\n\\u0001é"')
    expect(written({ intValue: '9007199254740991' })).toBe('9007199254740991')
    expect(written({ intValue: '-9007199254740992' })).toBe('{"$int":"-9007199254740992"}')
    expect(written({ intValue: '9223372036854775807' })).toBe('{"$int":"9223372036854775807"}')
    expect(written({ intValue: '-9223372036854775808' })).toBe('{"$int":"-9223372036854775808"}')
    expect(written({ doubleValue: 1 })).toBe('1.0')
    expect(written({ doubleValue: '-0' })).toBe('-0.0')
    expect(written({ doubleValue: 1e21 })).toBe('1e+21')
    expect(written({ doubleValue: 123456789012345680000 })).toBe('123456789012345680000.0')
    expect(written({ doubleValue: 0.001 })).toBe('0.001')
    expect(written({ doubleValue: 1e-7 })).toBe('1e-7')
    expect(written({ doubleValue: 0.1 + 0.2 })).toBe('0.30000000000000004')
    expect(written({ doubleValue: 'NaN' })).toBe('{"$double":"NaN"}')
    expect(written({ doubleValue: '-Infinity' })).toBe('{"$double":"-Infinity"}')
    expect(written({ boolValue: false })).toBe('false')
    expect(written({ bytesValue: '-_8=' })).toBe('{"$bytes":"+/8="}')
    expect(written({ arrayValue: { values: [{ intValue: 1 }, {}, { arrayValue: {} }] } })).toBe('[1,null,[]]')
    expect(written({ kvlistValue: { values: [attribute('b', { intValue: 2 }), attribute('1', {})] } })).toBe(
      '{"b":2,"1":null}',
    )
    expect(written({})).toBe('null')
  })

  test('a repeated name, or one that begins with $, becomes a list of pairs', () => {
    const one = attribute('a', { intValue: 1 })
    expect(attrsOf(one, one)).toBe('{"$kvlist":[["a",1],["a",1]]}')
    expect(attrsOf(attribute('$int', { stringValue: 'x' }))).toBe('{"$kvlist":[["$int","x"]]}')
    const inner = { kvlistValue: { values: [one, one] } }
    expect(attrsOf(attribute('m', inner), one)).toBe('{"m":{"$kvlist":[["a",1],["a",1]]},"a":1}')
    expect(attrsOf(attribute('', {}), attribute('', {}))).toBe('{"$kvlist":[["",null],["",null]]}')
  })

  test('more names than are remembered, in one request and over several', () => {
    for (let round = 0; round < 3; round++) {
      const names = Array.from({ length: 3_000 }, (_, i) => `name.${round}.${i}`)
      const attrs = attrsOf(...names.map((name, i) => attribute(name, { intValue: i })))
      expect(JSON.parse(attrs)).toEqual(Object.fromEntries(names.map((name, i) => [name, i])))
    }
  })
})

describe('refused record by record', () => {
  test('spans with ids that are none', () => {
    const bad = ['', '00000000000000000000000000000000', TRACE.slice(2), TRACE.slice(1), `${TRACE}00`].map(
      (traceId) => span({ traceId }),
    )
    const others = [
      span({ spanId: '' }),
      span({ spanId: '0000000000000000' }),
      span({ parentSpanId: 'abcd' }),
    ]
    const result = json('traces', spans(span(), ...bad, ...others, span()))
    expect(result).toMatchObject({ accepted: 2, rejected: 8 })
    expect(result.message).toBe(
      '8 rejected; first: resourceSpans[0].scopeSpans[0].spans[1].traceId: a trace id has 16 bytes, not all zero',
    )
  })

  test('a log record with such ids is kept without them', () => {
    const result = json(
      'logs',
      logs({ traceId: '', spanId: 'ab' }, { traceId: TRACE, spanId: SPAN.slice(1), flags: 257 }),
    )
    expect(result).toMatchObject({ accepted: 2, rejected: 0, message: '' })
    expect(linesOf(result)).toEqual([
      `{"log":"0","in":"${origin}"}`,
      `{"log":"0","trace":"${TRACE}","flags":257,"in":"${origin}"}`,
    ])
  })

  test('a link with such ids goes, its span stays', () => {
    const result = json(
      'traces',
      spans(
        span({
          links: [
            { traceId: TRACE, spanId: SPAN },
            { traceId: 'ab', spanId: SPAN },
          ],
        }),
      ),
    )
    expect(result).toMatchObject({ accepted: 1, rejected: 0 })
    expect(result.message).toMatch(
      /^1 links dropped; first: resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]\.links\[1\]/,
    )
    expect(linesOf(result)[0]).toContain(`"links":[{"trace":"${TRACE}","span":"${SPAN}"}],"in"`)
  })

  test('a line beyond 16 MiB, and the ones around it are kept', () => {
    const long = span({ attributes: [attribute('a', { stringValue: 'x'.repeat(LINE_BYTES_MAX) })] })
    const many = span({ events: Array.from({ length: 200_000 }, () => ({ name: 'y'.repeat(90) })) })
    const result = json('traces', spans(span(), long, many, span()))
    expect(result).toMatchObject({ accepted: 2, rejected: 2 })
    expect(linesOf(result).map((line) => line.length)).toEqual(
      [103, 103].map(() => linesOf(json('traces', spans(span())))[0]!.length),
    )
  })

  test('nothing to do is nothing wrong', () => {
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      for (const result of [json(signal, {}), transcoder.protobuf(signal, new Uint8Array(0))]) {
        expect(result).toMatchObject({ accepted: 0, rejected: 0, message: '', redacted: 0, agents: false })
        expect(result.batch.lines.length).toBe(0)
      }
    }
    const metric = { name: 'empty', gauge: { dataPoints: [] } }
    expect(
      json('metrics', { resourceMetrics: [{ scopeMetrics: [{ metrics: [metric] }] }] }).batch.definitions
        .size,
    ).toBe(0)
  })
})

describe('JSON', () => {
  test('bare integers keep all their digits', () => {
    const request =
      '{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano": 1763700000000000001,"observedTimeUnixNano":"18446744073709551615","body":{"arrayValue":{"values":[{"intValue":-9223372036854775808},{"stringValue":"x:1234567890123456789,\\" :9999999999999999999"},{"doubleValue":12345678901234567890}]}}}]}]}]}'
    expect(linesOf(json('logs', request))).toEqual([
      `{"log":"1763700000000000001","observed":"18446744073709551615","body":[{"$int":"-9223372036854775808"},"x:1234567890123456789,\\" :9999999999999999999",12345678901234567000.0],"in":"${origin}"}`,
    ])
  })

  test('enum names, null, unknown and snake_case fields, a list where kvlistValue belongs', () => {
    const request = spans({
      ...span({
        kind: 'SPAN_KIND_CONSUMER',
        status: { code: 'STATUS_CODE_OK' },
        parentSpanId: null,
        nope: { a: [1] },
      }),
      trace_state: 'x',
    })
    expect(linesOf(json('traces', request))[0]).toContain(
      '"name":"n","kind":"consumer","start":"5","ns":2,"status":"ok","in"',
    )
    expect(
      linesOf(
        json(
          'logs',
          logs({
            severityNumber: 'SEVERITY_NUMBER_WARN2',
            body: { kvlistValue: [attribute('a', { intValue: 0 })] },
          }),
        ),
      )[0],
    ).toBe(`{"log":"0","severity":14,"body":{"a":0},"in":"${origin}"}`)
  })
})

describe('agents', () => {
  const recognising = createTranscoder({
    redactor: createRedactor(),
    isAgentOrigin: (service, scope) => service === 'codex_exec' || scope === 'gemini-cli',
  })
  const agents = (request: object): boolean =>
    recognising.json('traces', Buffer.from(JSON.stringify(request))).agents

  test('are told by gen_ai attributes, service or scope', () => {
    expect(agents(spans(span()))).toBe(false)
    expect(agents(spans(span({ attributes: [attribute('gen_ai.request.model', {})] })))).toBe(true)
    expect(agents(withOrigin('codex_exec', ''))).toBe(true)
    expect(agents(withOrigin('shop', 'gemini-cli'))).toBe(true)
    expect(agents(withOrigin('shop', 'http'))).toBe(false)
  })
})

describe('redaction', () => {
  const secret = ['gh', 'p_', 'a1B2c3D4e5'.repeat(4)].join('')
  const mark = '[redacted:github-token]'

  test('replaces, counts and leaves what is around', () => {
    const result = json(
      'logs',
      logs({
        body: { stringValue: `push with ${secret} now and ${secret}` },
        attributes: [attribute('gen_ai.x', { stringValue: secret })],
      }),
    )
    expect(linesOf(result)).toEqual([
      `{"log":"0","body":"push with ${mark} now and ${mark}","attrs":{"gen_ai.x":"${mark}"},"in":"${origin}"}`,
    ])
    expect(result.redacted).toBe(3)
  })

  test('by name, for any kind of value but empty ones and booleans', () => {
    for (const value of [
      { stringValue: 'x' },
      { intValue: 5 },
      { arrayValue: { values: [{ stringValue: 'x' }] } },
    ]) {
      expect(sensitive(value)).toBe('{"http.request.header.authorization":"[redacted:sensitive-key]"}')
    }
    expect(sensitive({ stringValue: '' })).toBe('{"http.request.header.authorization":""}')
    expect(sensitive({ boolValue: true })).toBe('{"http.request.header.authorization":true}')
    expect(
      attrsOf(attribute('m', { kvlistValue: { values: [attribute('password', { stringValue: 'x' })] } })),
    ).toBe('{"m":{"password":"[redacted:sensitive-key]"}}')
    expect(attrsOf(attribute('user.email', { stringValue: 'a@b.c' }))).toBe(
      '{"user.email":"[redacted:email]"}',
    )
    expect(attrsOf(attribute('gen_ai.usage.input_tokens', { intValue: 5 }))).toBe(
      '{"gen_ai.usage.input_tokens":5}',
    )
  })

  test('command lines, resources, names that hold secrets, bytes', () => {
    const args = {
      arrayValue: { values: ['deploy', '--token', 'abc', '-v', 'x'].map((stringValue) => ({ stringValue })) },
    }
    const resource = {
      attributes: [attribute('process.command_args', args), attribute('a', { stringValue: secret })],
    }
    const result = json('traces', { resourceSpans: [{ resource, scopeSpans: [{ spans: [span()] }] }] })
    expect(text([...result.batch.definitions.values()][0]!)).toContain(
      `{"process.command_args":["deploy","--token","[redacted:sensitive-key]","-v","x"],"a":"${mark}"}`,
    )
    expect(result.redacted).toBe(2)
    expect(attrsOf(attribute(secret, { intValue: 1 }))).toBe(`{"${mark}":1}`)
    expect(attrsOf(attribute('b', { bytesValue: Buffer.from(secret).toString('base64') }))).toBe(
      '{"b":"[redacted:bytes]"}',
    )
  })

  test('content is kept, dropped or hashed by name of attribute or event', () => {
    const strict = createTranscoder({
      redactor: createRedactor({ content: { prompts: 'drop', toolInput: 'hash', toolOutput: 'hash' } }),
    })
    const attributes = [
      attribute('user_prompt', { stringValue: 'do it' }),
      attribute('tool_input', { stringValue: 'abc' }),
      attribute('gen_ai.output.messages', { stringValue: 'kept' }),
    ]
    const tool = { arrayValue: { values: [{ intValue: 1 }] } }
    const request = logs(
      { attributes },
      { eventName: 'gen_ai.user.message', body: { stringValue: 'hello' } },
      { attributes: [attribute('event.name', { stringValue: 'gen_ai.tool.message' })], body: tool },
    )
    const result = strict.json('logs', Buffer.from(JSON.stringify(request)))
    expect(linesOf(result)).toEqual([
      `{"log":"0","attrs":{"user_prompt":"[redacted:prompts]","tool_input":"[sha256:ba7816bf8f01cfea]","gen_ai.output.messages":"kept"},"in":"${origin}"}`,
      `{"log":"0","name":"gen_ai.user.message","body":"[redacted:prompts]","in":"${origin}"}`,
      `{"log":"0","body":"[sha256:080a9ed428559ef6]","attrs":{"event.name":"gen_ai.tool.message"},"in":"${origin}"}`,
    ])
    expect(result.redacted).toBe(4)
  })
})

describe('examples and workload', () => {
  test.each<[string, Signal, number]>([
    ['trace', 'traces', 1],
    ['logs', 'logs', 1],
    ['metrics', 'metrics', 4],
    ['events', 'logs', 1],
  ])('%s.json: the same lines as protobuf', (file, signal, count) => {
    const bytes = readFileSync(new URL(`../../../../fixtures/otlp/${file}.json`, import.meta.url))
    const result = transcoder.json(signal, bytes)
    expect(result).toMatchObject({ accepted: count, rejected: 0, message: '' })
    expect(linesOf(transcoder.protobuf(signal, jsonToProtobuf(signal, bytes)))).toEqual(linesOf(result))
    expect(text(result.batch.lines)).toMatch(/"17637126\d\d[03]00000001"/)
  })

  test('span lines take at most 500 bytes, half of OTLP/JSON', () => {
    const { protobuf, json: jsonBytes, records } = createWorkload('traces')()
    const { batch, accepted } = transcoder.protobuf('traces', protobuf)
    expect(accepted).toBe(records)
    expect(batch.lines.length / records).toBeLessThanOrEqual(500)
    expect(jsonBytes.length / records).toBeGreaterThan(950)
  })

  test('lines are the caller’s own', () => {
    const request = createWorkload('traces')()
    const first = transcoder.protobuf('traces', request.protobuf)
    const copy = Buffer.from(first.batch.lines)
    transcoder.protobuf('traces', createWorkload('traces', { seed: 2 })().protobuf)
    expect(copy.equals(first.batch.lines)).toBe(true)
    expect(first.batch.lines.buffer.byteLength).toBe(first.batch.lines.length)
  })
})
