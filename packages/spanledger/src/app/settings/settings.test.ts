import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type {
  ConfigAnswer,
  ConfigCheckAnswer,
  TraceChangeAnswer,
  TraceStatusAnswer,
} from '../../cli/index.ts'
import { run } from '../../cli/testing/run.ts'
import { runSettings } from './settings.ts'

let root: string
let home: string
let project: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'spanledger-settings-'))
  home = join(root, 'home', 'config.yaml')
  project = join(root, 'work', '.spanledger', 'config.yaml')
  mkdirSync(join(root, 'work', 'src'), { recursive: true })
})
afterEach(() => rmSync(root, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

const around = (env: Record<string, string> = {}) => ({
  env: { HOME: root, SPANLEDGER_HOME: join(root, 'home'), ...env },
  cwd: join(root, 'work', 'src'),
})

/** One command line, through the program's own parsing, checking and drawing. */
const cli = (line: string[], env: Record<string, string> = {}) =>
  run(line, { columns: 200, settings: (name, params) => runSettings(name, params, around(env)) })

async function json<T>(line: string[], env?: Record<string, string>): Promise<T> {
  const { out, err } = await cli([...line, '--json'], env)
  expect(err).toBe('')
  return JSON.parse(out) as T
}

describe('trace enable and disable', () => {
  it('are seen by the next process, and leave every other byte as it is', async () => {
    write(home, '# mine\nreceive:\n    port:   4400     # why\ntelemetry: # ours\n  mystery: 1\n')
    const { exit } = await cli([
      'trace',
      'enable',
      '--exporter',
      'otlp',
      '--otlp-endpoint',
      'http://c:4317',
      '--sample-rate',
      '0.25',
      '--service-name',
      'shop',
    ])
    expect(exit).toBe(0)
    expect(readFileSync(home, 'utf8')).toBe(`# mine
receive:
    port:   4400     # why
telemetry: # ours
  mystery: 1
  enabled: true
  exporters:
    ledger:
      enabled: false
    otlp:
      enabled: true
      endpoint: http://c:4317
      protocol: grpc
    console:
      enabled: false
  sampling:
    probability: 0.25
    sampler: parentbased_probability
  service:
    name: shop
`)
    expect(await json<TraceStatusAnswer>(['trace', 'status'])).toMatchObject({
      enabled: true,
      service: 'shop',
      probability: 0.25,
      destinations: { traces: [{ exporter: 'otlp', to: 'http://c:4317', protocol: 'grpc' }] },
    })
    await cli(['trace', 'disable'])
    const status = await cli(['trace', 'status'])
    expect(status.out).toContain(`recording off (${home}:6)`)
  })

  it('write the project with --project: the nearest file, or a new one', async () => {
    const made = await json<TraceChangeAnswer>(['trace', 'enable', '--exporter', 'console', '--project'])
    expect(made.file).toBe(join(root, 'work', 'src', '.spanledger', 'config.yaml'))
    expect(statSync(made.file).mode & 0o777).toBe(0o600)
    rmSync(join(made.file, '..'), { recursive: true })
    write(project, '')
    chmodSync(project, 0o640)
    const { file } = await json<TraceChangeAnswer>(['trace', 'disable', '--project'])
    expect([file, readFileSync(project, 'utf8'), statSync(project).mode & 0o777]).toEqual([
      project,
      'telemetry:\n  enabled: false\n',
      0o640,
    ])
    expect(existsSync(home)).toBe(false)
  })

  it('follow a link instead of replacing it', async () => {
    write(join(root, 'dotfiles.yaml'), '')
    mkdirSync(join(home, '..'))
    symlinkSync(join(root, 'dotfiles.yaml'), home)
    await cli(['trace', 'disable'])
    expect([lstatSync(home).isSymbolicLink(), readFileSync(home, 'utf8')]).toEqual([
      true,
      'telemetry:\n  enabled: false\n',
    ])
  })

  it('mean OTLP by jaeger, of traces only, and clamp the rate', async () => {
    const { status, overridden } = await json<TraceChangeAnswer>([
      'trace',
      'enable',
      '--exporter',
      'jaeger',
      '--exporter',
      'ledger',
      '--sample-rate',
      '7',
    ])
    const ledger = { exporter: 'ledger', to: join(root, 'home') }
    expect(status.destinations).toEqual({
      traces: [
        ledger,
        { exporter: 'otlp', to: 'http://localhost:4318/v1/traces', protocol: 'http/protobuf' },
      ],
      metrics: [ledger],
      logs: [ledger],
    })
    expect(status.probability).toBe(1)
    expect(status.packages).toEqual(['@spanledger/sdk', '@spanledger/export'])
    expect(overridden).toEqual([])
    const again = await json<TraceChangeAnswer>(['trace', 'enable', '--exporter', 'otlp'])
    expect(again.status.destinations.metrics.map(({ exporter }) => exporter)).toEqual(['otlp'])
    const kept = await json<TraceChangeAnswer>(['trace', 'enable', '--exporter', 'ledger'])
    expect(kept.status.packages).toEqual(['@spanledger/sdk'])
  })

  it.each([
    ['-1', 0, '-1 is below 0: taken as 0, no trace is recorded'],
    ['2', 1, '2 is above 1: taken as 1, every trace is recorded'],
  ])('say that a rate of %s is taken as %d', async (rate, taken, note) => {
    const { exit, err } = await cli(['trace', 'enable', `--sample-rate=${rate}`])
    expect([exit, err]).toEqual([0, `--sample-rate: ${note}\n`])
    const { status, notes } = await json<TraceChangeAnswer>(['trace', 'enable', `--sample-rate=${rate}`])
    expect([status.probability, notes]).toEqual([taken, [`--sample-rate: ${note}`]])
  })

  it.each([
    [['--jaeger-endpoint', 'http://j:14268/api/traces'], "Jaeger's old collector", 'http://j:4318'],
    [['--exporter', 'zipkin'], '--exporter: there is none named zipkin', 'ledger, otlp, jaeger, console'],
    [['--exporter', 'otlp', '--exporter', 'jaeger'], '--exporter: otlp and jaeger are two names', 'name one'],
    [['--sample-rate', ' '], '--sample-rate:   is no number', 'from 0 to 1'],
    [['--sample-rate', 'half'], '--sample-rate: half is no number', 'from 0 to 1'],
    [['--level', 'loud'], '"loud" is none of', 'write one of them'],
    [['--protocol', 'thrift'], '"thrift" is none of', 'write one of them'],
  ])('refuse %j and write nothing', async (options, what, next) => {
    const { exit, err } = await cli(['trace', 'enable', ...options])
    expect([exit, existsSync(home)]).toEqual([2, false])
    expect(err).toContain(what)
    expect(err).toContain(next)
  })

  it('do not touch a file that nobody could read afterwards', async () => {
    for (const text of ['telemetry: on\n', 'a: [\n', 'telemetry:\n  service: &s {}\n']) {
      write(home, text)
      const { exit, err } = await cli(['trace', 'disable'])
      expect([exit, readFileSync(home, 'utf8')]).toEqual([2, text])
      expect(err).toContain(home)
    }
  })

  it('say what decides otherwise', async () => {
    const { exit, out } = await cli(['trace', 'enable'], { OTEL_SDK_DISABLED: 'true' })
    expect(exit).toBe(0)
    expect(out).toContain('! telemetry.enabled is false all the same: OTEL_SDK_DISABLED decides')
  })
})

describe('config show', () => {
  it('refuses a setting that there is not', async () => {
    const { exit, err } = await cli(['config', 'show', 'nope'])
    expect([exit, err]).toEqual([2, expect.stringContaining('there is no setting nope\n  see which')])
    expect((await cli(['config', 'show', 'telemetry.service.name'])).exit).toBe(0)
  })

  it('has every setting of the SDK and the daemon with its place, and no secrets', async () => {
    write(
      home,
      'receive:\n  port: 4400\nredaction:\n  content:\n    prompts: hash\ntelemetry:\n  exporters:\n    otlp:\n      headers: { authorization: hunter2 }\n',
    )
    const { settings, findings } = await json<ConfigAnswer>(['config', 'show', '--all'], {
      SPANLEDGER_EXPORTERS_OTLP_API_KEY: 'hunter2',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://me:hunter2@collector:4318',
      OTEL_RESOURCE_ATTRIBUTES: 'a.b=c',
    })
    expect(findings).toEqual([])
    expect(JSON.stringify(settings)).not.toContain('hunter2')
    const of = (key: string) =>
      settings.filter((row) => row.key === key).map(({ value, source }) => [value, source])[0]
    expect([of('receive.port'), of('redaction.content.prompts'), of('redaction.enabled')]).toEqual([
      [4400, `${home}:2`],
      ['hash', `${home}:5`],
      [true, 'default'],
    ])
    expect([
      of('telemetry.exporters.otlp.headers'),
      of('telemetry.exporters.otlp.apiKey'),
      of('telemetry.resource.a.b'),
    ]).toEqual([
      [{ authorization: '***' }, `${home}:9`],
      ['***', 'SPANLEDGER_EXPORTERS_OTLP_API_KEY'],
      ['c', 'OTEL_RESOURCE_ATTRIBUTES'],
    ])
    expect(of('telemetry.exporters.otlp.endpoint')).toEqual([
      'https://***@collector:4318',
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ])
  })

  it('is drawn as a table, of one part where that is asked for', async () => {
    write(project, 'telemetry:\n  sampling:\n    probability: 0.5\n')
    const { out } = await cli(['config', 'show', 'telemetry.sampling'])
    expect(out.split('\n').map((line) => line.replaceAll(/ {2,}/g, ' | '))).toEqual([
      'KEY | VALUE | FROM',
      'telemetry.sampling.sampler | parentbased_probability | default, since sampling.probability is set',
      'telemetry.sampling.probability | 0.5 | project:3',
      'telemetry.sampling.rules | [] | default',
      '',
      `project | ${project}`,
      '',
    ])
  })
})

describe('config check', () => {
  it('finds nothing where nothing is wrong', async () => {
    expect(await cli(['config', 'check'])).toMatchObject({
      exit: 0,
      out: '✓ nothing is wrong\n  no file, variables only\n',
    })
  })

  it('finds what is wrong in both files, in both parts and in variables, and fails', async () => {
    write(home, 'receive:\n  prot: 1\nredaction:\n  enabled: maybe\ntelemetry:\n  levl: warn\n')
    write(project, 'receive:\n  port: 1\ntelemetry:\n  sampling: { probability: 2 }\n')
    const { exit, out } = await cli(['config', 'check', '--json'], { OTEL_BSP_MAX_QUEUE_SIZE: 'lots' })
    const { findings } = JSON.parse(out) as ConfigCheckAnswer
    expect(exit).toBe(1)
    expect(findings.map(({ where, code, message, next }) => `${where} ${code} ${message} > ${next}`)).toEqual(
      [
        'OTEL_BSP_MAX_QUEUE_SIZE BAD_VALUE batch.spans.queue: "lots" is no whole number from 1 to 1000000 > write such a number',
        `${project}:4 CLAMPED sampling.probability: 2 is outside 0 to 1, and taken as 1 > write a number from 0 to 1`,
        `${home}:6 UNKNOWN_KEY there is no key levl > did you mean level?`,
        `${project}:1 NO_EFFECT receive has no effect in a project's file > move it to ${home}, or remove it`,
        `${home}:2 CONFIG unknown key receive.prot > did you mean receive.port?`,
        `${home}:4 CONFIG redaction.enabled: expected boolean, found "maybe" > see docs/reference/configuration.md`,
      ],
    )
  })

  it('says where a file is no YAML', async () => {
    write(home, 'telemetry:\n  level: "x\n')
    const { exit, out } = await cli(['config', 'check'])
    expect([exit, out.includes(`! ${home}:2: column 10: text in quotes must end on its line`)]).toEqual([
      1,
      true,
    ])
  })
})
