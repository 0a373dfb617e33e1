import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  ConfigFileError,
  type ConfigOptions,
  type PartialConfig,
  resolveConfig,
  sourceText,
  type SdkConfig,
  TABLE,
} from './index.ts'
import { isDerived, variableOf } from './key.ts'

const HOME = '/home/me/.spanledger/config.yaml'
const PROJECT = '/work/shop/.spanledger/config.yaml'

interface Given extends Partial<Omit<ConfigOptions, 'code'>> {
  code?: PartialConfig
  files?: Record<string, string>
}

function resolve({ files = {}, env = {}, ...options }: Given = {}) {
  const resolved = resolveConfig({
    env: { HOME: '/home/me', ...env },
    cwd: '/work/shop/src/api',
    readFile: (path) => files[path],
    ...options,
  })
  return { ...resolved, from: (path: string) => sourceText(resolved.sources[path]!) }
}

const warned = (given: Given): string[] =>
  resolve(given).warnings.map(
    ({ code, message, next, source }) => `${code} ${sourceText(source)}: ${message}. ${next}`,
  )

describe('a setting', () => {
  it('is decided by code, then variables, then the project, then the home, then defaults', () => {
    const files: Record<string, string> = {
      [HOME]: 'telemetry:\n  level: error\n  service:\n    version: 1.10\n',
    }
    const levels = [resolve({ files })]
    files[PROJECT] = '# ours\ntelemetry:\n  level: warn\n'
    levels.push(resolve({ files }))
    const env: Record<string, string> = { SPANLEDGER_LEVEL: 'debug' }
    levels.push(resolve({ files, env }), resolve({ files, env, code: { level: 'fatal' } }), resolve())
    expect(levels.map(({ config, from }) => [config.level, from('level')])).toEqual([
      ['error', `${HOME}:2`],
      ['warn', `${PROJECT}:3`],
      ['debug', 'SPANLEDGER_LEVEL'],
      ['fatal', 'code'],
      ['trace', 'default'],
    ])
    expect(levels[3]!.config.service.version).toBe('1.10')
    expect(levels.flatMap(({ warnings }) => warnings)).toEqual([])
  })

  it('comes from its own variable before a standard one, and from the home of SPANLEDGER_HOME', () => {
    const { config, from } = resolve({
      env: {
        SPANLEDGER_HOME: './led',
        SPANLEDGER_SERVICE_NAME: 'own',
        OTEL_SERVICE_NAME: 'standard',
        OTEL_METRIC_EXPORT_INTERVAL: '1500',
      },
      files: { '/work/shop/src/api/led/config.yaml': 'telemetry: { metrics: { timeout: 2s } }' },
    })
    expect([config.service.name, config.metrics, config.exporters.ledger.home]).toEqual([
      'own',
      { exporters: undefined, interval: 1500, timeout: 2000, temporality: 'cumulative' },
      '/work/shop/src/api/led',
    ])
    expect(from('exporters.ledger.home')).toBe('SPANLEDGER_HOME')
  })

  it('is typed, and has a row in the table with a default its own kind would take', () => {
    expectTypeOf<SdkConfig['exporters']['otlp']['traces']['endpoint']>().toEqualTypeOf<string | undefined>()
    expectTypeOf<SdkConfig['sampling']['probability']>().toEqualTypeOf<number>()
    const { config, sources, warnings } = resolve()
    expect(Object.keys(sources)).toEqual(Object.keys(TABLE))
    expect(Object.values(sources).every(({ kind }) => kind === 'default')).toBe(true)
    // What was decided, said again by code, is decided the same.
    const again = resolve({ code: config })
    expect([again.config, again.warnings, warnings]).toEqual([config, [], []])
  })

  it('is named by one variable only', () => {
    const own = Object.keys(TABLE).map(variableOf)
    const standard = Object.values(TABLE).flatMap(({ env }) => env.map(({ name }) => name))
    // OpenTelemetry's limits of spans and log records have one for both, too.
    const single = [...own, ...standard].filter((name) => !name.startsWith('OTEL_ATTRIBUTE_'))
    expect(single.filter((name, at) => single.indexOf(name) !== at)).toEqual([])
  })
})

describe('files', () => {
  it('of a home that is told with dots are no project', () => {
    const { files, config } = resolve({
      env: { SPANLEDGER_HOME: '../../.spanledger' },
      files: { [PROJECT]: 'telemetry: {level: warn, resource: {service.version: 2}}' },
    })
    expect([files, config.service.version]).toEqual([[{ kind: 'home', file: PROJECT, found: true }], '2'])
  })

  it('of the nearest project count, those of a home above the working directory do not', () => {
    const files = {
      [PROJECT]: 'telemetry: {level: warn}',
      '/work/.spanledger/config.yaml': 'telemetry: {level: error}',
    }
    expect(resolve({ files }).config.level).toBe('warn')
    const home = resolve({ cwd: '/home/me/code', files: { [HOME]: 'telemetry: {level: error}' } })
    expect([home.config.level, home.from('level'), home.files]).toEqual([
      'error',
      `${HOME}:1`,
      [{ kind: 'home', file: HOME, found: true }],
    ])
    const elsewhere = resolve({
      cwd: '/home/me/code',
      env: { SPANLEDGER_HOME: '/data' },
      files: { [HOME]: 'telemetry: {level: error}' },
    })
    expect(elsewhere.config.level).toBe('trace')
  })

  it('have paths relative to themselves', () => {
    const files = {
      [PROJECT]:
        'telemetry:\n  exporters: {ledger: {home: .}, otlp: {certificate: ./ca.pem, clientKey: ~/key.pem}}\n',
    }
    const { exporters } = resolve({ files }).config
    expect([exporters.ledger.home, exporters.otlp.certificate, exporters.otlp.clientKey]).toEqual([
      '/work/shop/.spanledger',
      '/work/shop/.spanledger/ca.pem',
      '/home/me/key.pem',
    ])
  })

  it("may hold the daemon's keys in any YAML there is", () => {
    const files = {
      [HOME]: 'redaction: &a\n  patterns: |\n    telemetry: no\ntelemetry:\n  level: warn\nreceive:\n- *a\n',
    }
    expect([resolve({ files }).config.level, warned({ files })]).toEqual(['warn', []])
  })

  it('that cannot be read, or are no YAML, are told and say nothing', () => {
    const failing = (error: Error) =>
      warned({
        readFile(path) {
          if (path === PROJECT) throw error
          return undefined
        },
      })
    expect(failing(new Error('EACCES: permission denied'))).toEqual([
      `BAD_FILE ${PROJECT}: EACCES: permission denied. check who may read it`,
    ])
    expect(failing(new ConfigFileError('CONFIG_TOO_LARGE', 'too large', 'shrink it'))).toEqual([
      `BAD_FILE ${PROJECT}: too large. shrink it`,
    ])
    const files = { [PROJECT]: 'telemetry:\n  level: warn\n  service: *other\n' }
    expect(resolve({ files }).config.level).toBe('trace')
    expect(warned({ files })).toEqual([
      `BAD_FILE ${PROJECT}:3: column 12: aliases are not read; nothing of the file is used. write the value out; text that begins with * needs quotes`,
    ])
  })
})

describe('what is wrong', () => {
  it('is named with its line and the nearest right key', () => {
    const yaml = `telemetry:
  levl: debug
  sampling:
    probabilty: 0.1
    probability: 2
  endpoint: http://x:1
  constructor: 1
  exporters:
    event_store: { path: x }
    otlp: yes
  metrics:
    interval: 30 parsecs
  service: { name: [a] }
`
    expect(warned({ files: { [PROJECT]: yaml } })).toEqual([
      `UNKNOWN_KEY ${PROJECT}:2: there is no key levl. did you mean level?`,
      `UNKNOWN_KEY ${PROJECT}:4: there is no key sampling.probabilty. did you mean sampling.probability?`,
      `CLAMPED ${PROJECT}:5: sampling.probability: 2 is outside 0 to 1, and taken as 1. write a number from 0 to 1`,
      `UNKNOWN_KEY ${PROJECT}:6: there is no key endpoint. did you mean exporters.otlp.endpoint?`,
      expect.stringMatching(/^UNKNOWN_KEY .*:7: there is no key constructor. here are: enabled, level, /),
      `UNKNOWN_KEY ${PROJECT}:9: there is no key exporters.event_store. did you mean exporters.ledger?`,
      `BAD_VALUE ${PROJECT}:10: exporters.otlp takes keys, not a value. write for example exporters.otlp.enabled`,
      `BAD_VALUE ${PROJECT}:12: metrics.interval: "30 parsecs" is no duration from 1 ms to 24 h. write milliseconds, or a number with ms, s, m or h`,
      `BAD_VALUE ${PROJECT}:13: service.name: a list is not text. write text`,
    ])
    expect(warned({ files: { [HOME]: 'telemetri:\n  level: warn\n' } })).toEqual([
      `UNKNOWN_KEY ${HOME}:1: there is no key telemetri. did you mean telemetry?`,
    ])
  })

  it('in a variable is told and ignored; an empty one is not set', () => {
    const env = {
      OTEL_BSP_MAX_QUEUE_SIZE: 'lots',
      OTEL_TRACES_SAMPLER: 'xray',
      SPANLEDGER_LEVEL: '',
      SPANLEDGER_SAMPLING_PROBABILTY: '1',
      OTEL_CONFIG_FILE: 'x.yaml',
      OTEL_PROPAGATORS: 'b3',
    }
    const { config } = resolve({ env })
    expect([config.batch.spans.queue, config.sampling.sampler, config.level]).toEqual([
      65_536,
      'parentbased_always_on',
      'trace',
    ])
    expect(resolve({ env }).warnings.map(({ code, source }) => [code, sourceText(source)])).toEqual([
      ['BAD_VALUE', 'OTEL_TRACES_SAMPLER'],
      ['BAD_VALUE', 'OTEL_BSP_MAX_QUEUE_SIZE'],
      ['UNKNOWN_KEY', 'SPANLEDGER_SAMPLING_PROBABILTY'],
      ['UNKNOWN_KEY', 'OTEL_CONFIG_FILE'],
      ['UNKNOWN_KEY', 'OTEL_PROPAGATORS'],
    ])
  })

  it("is Jaeger's old collector: what to write instead is said", () => {
    for (const endpoint of ['http://jaeger:14268/api/traces', 'http://jaeger:14268', 'jaeger:14268'])
      expect(warned({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } })[0]).toMatch(
        /takes no OTLP. write http:\/\/\w+:4318/,
      )
  })

  it('never is a secret in a warning', () => {
    const env = {
      OTEL_EXPORTER_OTLP_HEADERS: 'Bearer hunter2',
      SPANLEDGER_EXPORTERS_OTLP_API_KEY: 'hunter2'.repeat(600),
    }
    expect(warned({ env }).join()).not.toContain('hunter2')
    expect(warned({ env })).toHaveLength(2)
  })

  it('never throws, whatever code, variables and files say', () => {
    const text = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'true',
        '-1',
        'NaN',
        '1e999',
        'a=b',
        '%',
        '[',
        '{a: 1}',
        '~',
        '~/x',
        '=',
        'http://',
        'a:b,c',
      ),
    )
    const names = [
      ...Object.keys(TABLE).map(variableOf),
      ...Object.values(TABLE).flatMap(({ env }) => env.map(({ name }) => name)),
    ]
    fc.assert(
      fc.property(
        fc.anything(),
        fc.dictionary(fc.constantFrom(...names, 'HOME', 'SPANLEDGER_HOME'), text),
        fc.string(),
        (code, env, yaml) => {
          const { config } = resolve({
            code: code as PartialConfig,
            env,
            files: { [PROJECT]: yaml, [HOME]: `telemetry: ${yaml}` },
            deno: true,
          })
          const { probability } = config.sampling
          expect(probability >= 0 && probability <= 1).toBe(true)
          expect(Number.isSafeInteger(config.batch.spans.queue)).toBe(true)
        },
      ),
      { numRuns: 2000 },
    )
    const cyclic: Record<string, unknown> = {}
    cyclic['service'] = cyclic
    expect(resolve({ code: cyclic }).config.enabled).toBe(true)
    const throwing = Object.defineProperty({}, 'level', {
      enumerable: true,
      get: () => {
        throw new Error('mine')
      },
    })
    expect(warned({ code: throwing })).toEqual([
      'BAD_VALUE code: reading it failed: Error: mine. give a plain object',
    ])
  })
})

describe('standard variables', () => {
  it('switch off, sample and describe', () => {
    const { config, from } = resolve({
      env: {
        OTEL_SDK_DISABLED: 'TRUE',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_RESOURCE_ATTRIBUTES: 'service.name=attr,service.version=2,team=a%2Cb',
        OTEL_TRACES_EXPORTER: 'otlp, console',
      },
      files: { [PROJECT]: 'telemetry: {service: {name: file}, resource: {team: x, replicas: 3}}' },
    })
    expect(config.enabled).toBe(false)
    expect(config.sampling).toMatchObject({ sampler: 'traceidratio', probability: 0.25 })
    expect([config.service, config.resource]).toEqual([
      { name: 'attr', version: '2' },
      { team: 'a,b', replicas: 3 },
    ])
    expect([from('resource.team'), from('resource.replicas')]).toEqual([
      'OTEL_RESOURCE_ATTRIBUTES',
      `${PROJECT}:1`,
    ])
    expect([config.traces.exporters, config.logs.exporters]).toEqual([['otlp', 'console'], undefined])
  })

  it('say nothing where they say what is the case anyway: a disabled SDK is not enabled by OTEL_SDK_DISABLED=false', () => {
    const files = { [PROJECT]: 'telemetry: {enabled: false}' }
    expect(resolve({ files, env: { OTEL_SDK_DISABLED: 'false' } }).config.enabled).toBe(false)
    expect(resolve({ env: { OTEL_TRACES_SAMPLER_ARG: '0.5' } }).config.sampling.probability).toBe(1)
  })

  it("of Deno's count on Deno", () => {
    const env = { OTEL_DENO: 'true', OTEL_DENO_CONSOLE: 'replace' }
    const files = { [PROJECT]: 'telemetry: {enabled: false}' }
    const on = (deno: boolean) => resolve({ env, files, deno }).config
    expect([on(true).enabled, on(true).logs.console, on(false).enabled, on(false).logs.console]).toEqual([
      true,
      'replace',
      false,
      'ignore',
    ])
  })
})

const enabled = ({ config }: ReturnType<typeof resolve>) => [
  config.exporters.ledger.enabled,
  config.exporters.otlp.enabled,
]

describe('defaults that follow from others', () => {
  it('record into the ledger, unless somebody says where else', () => {
    const endpoint = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' }
    expect(enabled(resolve())).toEqual([true, false])
    expect(enabled(resolve({ env: endpoint }))).toEqual([false, true])
    expect(resolve({ env: endpoint }).from('exporters.otlp.enabled')).toBe(
      'default, since exporters.otlp.traces.endpoint is set',
    )
    const both = resolve({ env: endpoint, code: { exporters: { ledger: { enabled: true } } } })
    expect(enabled(both)).toEqual([true, true])
  })

  it('sample where a probability is all that is told, and take the port of the protocol', () => {
    expect(resolve({ code: { sampling: { probability: 0.5 } } }).config.sampling.sampler).toBe(
      'parentbased_probability',
    )
    expect(
      resolve({ code: { exporters: { otlp: { protocol: 'grpc' } } } }).config.exporters.otlp.endpoint,
    ).toBe('http://localhost:4317')
    expect(Object.values(TABLE).filter((row) => isDerived(row.default))).toHaveLength(4)
  })
})
