import {
  type ConfigWarning,
  readConfigFile,
  resolveConfig,
  type ResolvedConfig,
  SECTION,
  type Signal,
  SIGNALS,
  sourceText,
} from '@spanledger/sdk/config'
import { dirname, join } from 'node:path'
import type { TraceChangeAnswer } from '../../cli/index.ts'
import { type Refusal, refusal } from '../../query/index.ts'
import { EditRefusedError, type Scalar, setInYaml } from './edit-yaml.ts'
import type { Surroundings } from './inspect.ts'
import { traceStatus } from './trace-status.ts'
import { writeConfigFile } from './write-file.ts'

export interface EnableParams {
  exporter?: string[] | undefined
  otlpEndpoint?: string | undefined
  jaegerEndpoint?: string | undefined
  protocol?: string | undefined
  sampleRate?: string | undefined
  serviceName?: string | undefined
  level?: string | undefined
  project?: boolean | undefined
}

type Changes = Map<string, Scalar>

const EXPORTERS = ['ledger', 'otlp', 'jaeger', 'console']
/** Where Jaeger takes OTLP. */
const JAEGER = 'http://localhost:4318'

export async function enableTrace(
  surroundings: Surroundings,
  params: EnableParams,
): Promise<TraceChangeAnswer | Refusal> {
  const changes = changesOf(params, listedIn(fileFor(surroundings, params.project === true)))
  if ('refused' in changes) return changes
  const answer = await change(surroundings, changes, params.project === true)
  return 'refused' in answer ? answer : { ...answer, notes: rateNotes(params.sampleRate) }
}

/** A rate outside 0 to 1 is taken as the nearest one in it. */
function rateNotes(sampleRate: string | undefined): string[] {
  const rate = Number(sampleRate ?? 1)
  if (rate < 0) return [`--sample-rate: ${sampleRate} is below 0: taken as 0, no trace is recorded`]
  return rate > 1 ? [`--sample-rate: ${sampleRate} is above 1: taken as 1, every trace is recorded`] : []
}

export const disableTrace = (
  surroundings: Surroundings,
  { project }: { project?: boolean | undefined },
): Promise<TraceChangeAnswer | Refusal> =>
  change(surroundings, new Map([['enabled', false]]), project === true)

/** What a person asked for as settings. Jaeger means OTLP to Jaeger; a port 4317 means gRPC. */
function changesOf(params: EnableParams, listed: ReadonlySet<Signal>): Changes | Refusal {
  const { otlpEndpoint, jaegerEndpoint, sampleRate } = params
  const named = (params.exporter ?? []).flatMap((each) => each.split(',')).map((each) => each.trim())
  const stranger = named.find((each) => !EXPORTERS.includes(each))
  if (stranger !== undefined)
    return bad('exporter', `exporter: there is none named ${stranger}`, `take one of ${EXPORTERS.join(', ')}`)
  const wanted = new Set(named)
  if (otlpEndpoint !== undefined) wanted.add('otlp')
  if (jaegerEndpoint !== undefined) wanted.add('jaeger')
  if (wanted.has('otlp') && wanted.has('jaeger'))
    return bad(
      'exporter',
      'exporter: otlp and jaeger are two names for the same one',
      'name one of them, with its endpoint',
    )

  const changes: Changes = new Map([['enabled', true]])
  const set = (path: string, value: Scalar | undefined): void =>
    void (value !== undefined && changes.set(path, value))
  if (wanted.size > 0) {
    set('exporters.ledger.enabled', wanted.has('ledger'))
    set('exporters.otlp.enabled', wanted.has('otlp') || wanted.has('jaeger'))
    set('exporters.console.enabled', wanted.has('console'))
    const kept = ['ledger', 'console'].filter((each) => wanted.has(each))
    for (const signal of SIGNALS) {
      // Jaeger takes traces only, and answers the rest with 404.
      const isJaegers = wanted.has('jaeger') && signal !== 'traces'
      if (isJaegers || listed.has(signal))
        set(
          `${signal}.exporters`,
          [...kept, ...(wanted.has('otlp') || (wanted.has('jaeger') && !isJaegers) ? ['otlp'] : [])].join(
            ',',
          ) || 'none',
        )
    }
  }
  const endpoint = wanted.has('jaeger') ? (jaegerEndpoint ?? JAEGER) : otlpEndpoint
  set('exporters.otlp.endpoint', endpoint)
  set('exporters.otlp.protocol', params.protocol ?? protocolOf(endpoint))
  if (sampleRate !== undefined) {
    const rate = Number(sampleRate)
    if (Number.isNaN(rate) || sampleRate.trim() === '')
      return bad('sampleRate', `sampleRate: ${sampleRate} is no number`, 'write a number from 0 to 1')
    set('sampling.probability', Math.min(1, Math.max(0, rate)))
    set('sampling.sampler', 'parentbased_probability')
  }
  set('service.name', params.serviceName)
  set('level', params.level)
  return changes
}

const protocolOf = (endpoint: string | undefined): string | undefined =>
  endpoint === undefined ? undefined : /:4317\/?$/.test(endpoint) ? 'grpc' : 'http/protobuf'

const bad = (parameter: string, message: string, next: string): Refusal => ({
  ...refusal('BAD_PARAMETER', message, next),
  parameter,
})

/** Writes the changes, unless the file would then say less than it did. */
async function change(
  surroundings: Surroundings,
  changes: Changes,
  isProject: boolean,
): Promise<TraceChangeAnswer | Refusal> {
  const file = fileFor(surroundings, isProject)
  if (file === undefined)
    return refusal(
      'CONFIG_EDIT',
      'there is no folder of the user: HOME is empty',
      'name a home with --home DIR',
    )
  const before = readConfigFile(file) ?? ''
  let after = before
  try {
    for (const [path, value] of changes) after = setInYaml(after, [SECTION, ...path.split('.')], value)
  } catch (error) {
    if (!(error instanceof EditRefusedError)) throw error
    return refusal('CONFIG_EDIT', `${file}: ${error.message}`, `write it by hand: ${told(changes)}`)
  }
  const known = new Set(faultsOf(file, before).map(({ message }) => message))
  const fault = faultsOf(file, after).find(({ message }) => !known.has(message))
  if (fault !== undefined) return refusal('BAD_PARAMETER', fault.message, fault.next)
  const broken = faultsOf(file, after).find(({ code }) => code === 'BAD_FILE')
  if (broken !== undefined)
    return refusal('CONFIG_EDIT', `${sourceText(broken.source)}: ${broken.message}`, broken.next)
  await writeConfigFile(file, after)
  return {
    file,
    written: [...changes].map(([path, value]) => ({ key: `${SECTION}.${path}`, value })),
    overridden: overridden(surroundings, file, changes),
    notes: [],
    status: traceStatus(surroundings),
  }
}

/** The signals whose exporters a file lists: such a list comes before what is enabled, so it must be written anew. */
function listedIn(file: string | undefined): ReadonlySet<Signal> {
  const text = file === undefined ? undefined : readConfigFile(file)
  if (file === undefined || text === undefined) return new Set()
  const { sources } = resolvedAlone(file, text)
  return new Set(SIGNALS.filter((signal) => sources[`${signal}.exporters`]!.kind === 'home'))
}

const told = (changes: Changes): string =>
  [...changes].map(([path, value]) => `${SECTION}.${path}: ${String(value)}`).join(', ')

/** What the SDK makes of this file alone. */
const resolvedAlone = (file: string, text: string): ResolvedConfig =>
  resolveConfig({
    env: { SPANLEDGER_HOME: dirname(file) },
    cwd: dirname(file),
    readFile: (path) => (path === file ? text : undefined),
  })

const faultsOf = (file: string, text: string): ConfigWarning[] => resolvedAlone(file, text).warnings

/** The home's file; the project's nearest one, or a new one in the working directory. */
function fileFor({ env, cwd }: Surroundings, isProject: boolean): string | undefined {
  const { files } = resolveConfig({ env, cwd, readFile: readConfigFile })
  const found = files.find(({ kind }) => kind === (isProject ? 'project' : 'home'))?.file
  return found ?? (isProject ? join(cwd, '.spanledger', 'config.yaml') : undefined)
}

/** Variables and nearer files come before what was just written. */
function overridden(
  { env, cwd }: Surroundings,
  file: string,
  changes: Changes,
): TraceChangeAnswer['overridden'] {
  const { config, sources } = resolveConfig({ env, cwd, readFile: readConfigFile })
  return [...changes].flatMap(([path, wanted]) => {
    const source = sources[path]!
    const value = path.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown>)[part], config)
    const isOurs = 'file' in source && source.file === file
    if (isOurs || String(value) === String(wanted)) return []
    return [{ key: `${SECTION}.${path}`, value: value ?? null, source: sourceText(source) }]
  })
}
