import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Temporality } from './data.ts'
import { DEFAULT_LIMITS } from './limits.ts'
import type { RecordLimits } from './limits.ts'
import { SEVERITY } from './log.ts'
import type { Level } from './log.ts'
import { probability } from './probability-sampler.ts'
import type { Report } from './report.ts'
import { alwaysOff, alwaysOn, parentBased, traceIdRatio } from './sampler.ts'
import type { Sampler } from './sampler.ts'

/** What a program may say when it starts recording; each goes before the variable of the same meaning. */
export interface Settings {
  serviceName?: string
  /** The ledger's home. SPANLEDGER_HOME; ~/.spanledger. */
  home?: string
  sampler?: Sampler
  /** Log records below are not made. SPANLEDGER_LEVEL; `trace`. */
  level?: Level
  limits?: Partial<RecordLimits>
  /** OTEL_METRIC_EXPORT_INTERVAL; 60,000. */
  metricIntervalMs?: number
  temporality?: Temporality
}

export type Resolved = Required<Omit<Settings, 'serviceName' | 'limits' | 'level'>> & {
  serviceName: string | undefined
  severityMin: number
  limits: RecordLimits
  disabled: boolean
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Where configuration enters: what the program said, else the environment, else the default. A variable that cannot be read is
 * reported once and left out; an empty one is as if it were not set. Source: specification, "Environment variables".
 */
export function resolveSettings(settings: Settings, env: Environment, report: Report): Resolved {
  const read = new Variables(env, report)
  return {
    disabled: env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true',
    serviceName: settings.serviceName,
    home: settings.home ?? read.text('SPANLEDGER_HOME') ?? join(homedir(), '.spanledger'),
    sampler: settings.sampler ?? samplerOf(read) ?? parentBased(alwaysOn),
    severityMin: SEVERITY[settings.level ?? read.oneOf('SPANLEDGER_LEVEL', LEVELS) ?? 'trace'],
    limits: { ...DEFAULT_LIMITS, ...limitsOf(read), ...settings.limits },
    metricIntervalMs: settings.metricIntervalMs ?? (read.count('OTEL_METRIC_EXPORT_INTERVAL') || 60_000),
    temporality: settings.temporality ?? temporalityOf(read),
  }
}

const LEVELS = Object.keys(SEVERITY) as Level[]

function temporalityOf(read: Variables): Temporality {
  const name = 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'
  return read.oneOf(name, ['cumulative', 'delta', 'lowmemory']) === 'delta' ? 'delta' : 'cumulative'
}

function limitsOf(read: Variables): Partial<RecordLimits> {
  const found = {
    attributes: read.count('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT') ?? read.count('OTEL_ATTRIBUTE_COUNT_LIMIT'),
    events: read.count('OTEL_SPAN_EVENT_COUNT_LIMIT'),
    links: read.count('OTEL_SPAN_LINK_COUNT_LIMIT'),
    stringLength: read.count('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

const SAMPLERS: Record<string, (read: Variables) => Sampler> = {
  always_on: () => alwaysOn,
  always_off: () => alwaysOff,
  traceidratio: (read) => traceIdRatio(read.ratio()),
  probability: (read) => probability(read.ratio()),
  parentbased_always_on: () => parentBased(alwaysOn),
  parentbased_always_off: () => parentBased(alwaysOff),
  parentbased_traceidratio: (read) => parentBased(traceIdRatio(read.ratio())),
  parentbased_probability: (read) => parentBased(probability(read.ratio())),
}

function samplerOf(read: Variables): Sampler | undefined {
  const name = read.oneOf('OTEL_TRACES_SAMPLER', Object.keys(SAMPLERS))
  return name === undefined ? undefined : SAMPLERS[name]!(read)
}

const share = (text: string): number | undefined =>
  Number(text) >= 0 && Number(text) <= 1 ? Number(text) : undefined

class Variables {
  readonly #env: Environment
  readonly #report: Report

  constructor(env: Environment, report: Report) {
    this.#env = env
    this.#report = report
  }

  text(name: string): string | undefined {
    return this.#env[name]?.trim() || undefined
  }

  count(name: string): number | undefined {
    return this.#parse(name, 'a whole number', (text) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined))
  }

  ratio(): number {
    return this.#parse('OTEL_TRACES_SAMPLER_ARG', 'a number from 0 to 1', share) ?? 1
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T | undefined {
    return this.#parse(name, `one of ${words.join(', ')}`, (text) =>
      words.find((word) => word === text.toLowerCase()),
    )
  }

  #parse<T>(name: string, expected: string, parse: (text: string) => T | undefined): T | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const value = parse(text)
    if (value === undefined)
      this.#report(
        'configuration',
        `${name} is ${JSON.stringify(text.slice(0, 100))}, not ${expected}; it is ignored`,
      )
    return value
  }
}
