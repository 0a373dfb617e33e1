import { type AnyKey, type Get, key, optional, under } from './key.ts'
import { boolean, bytes, choice, choices, count, duration, path, probability, text } from './kinds.ts'
import { OTLP_KEYS } from './keys-otlp.ts'
import { attributes } from './pairs.ts'
import { samplingRules } from './rules.ts'

const exporterNames = choices(['ledger', 'otlp', 'console', 'none'])
const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'probability'] as const
const sampler = choice([...SAMPLERS, ...SAMPLERS.map((each) => `parentbased_${each}` as const)])
const many = count(0, 1_000_000)
const some = count(1, 1_000_000)

const exportersOf = (signal: string, variable: string) =>
  optional(exporterNames, `exporters of ${signal}, instead of all that are enabled`, { env: [variable] })

/** Standard variables of a batch: `OTEL_BSP_` of spans, `OTEL_BLRP_` of log records. */
const batch = (prefix: string, delayMs: number) => ({
  delay: key(duration, delayMs, 'a batch waits at most so long', { env: [`${prefix}_SCHEDULE_DELAY`] }),
  timeout: key(duration, 30_000, 'for the export of one batch', { env: [`${prefix}_EXPORT_TIMEOUT`] }),
  queue: key(some, 2048, 'so many may wait; what comes then is dropped, and counted', {
    env: [`${prefix}_MAX_QUEUE_SIZE`],
  }),
  size: key(some, 512, 'so many at once', { env: [`${prefix}_MAX_EXPORT_BATCH_SIZE`] }),
})

const onlyTrue = (said: string): string | undefined => (/^(?:true|1)$/i.test(said) ? 'true' : undefined)

/**
 * Every setting of the SDK: paths under `telemetry:` in config.yaml. Types, the reading of files and variables, `config show` and
 * docs/reference/configuration.md are derived from this table.
 */
export const KEYS = {
  enabled: key(boolean, true, 'whether anything is recorded', {
    env: [
      // Standard: anything but true means that it is not disabled.
      { name: 'OTEL_SDK_DISABLED', as: (said) => (onlyTrue(said) === undefined ? undefined : 'false') },
      { name: 'OTEL_DENO', deno: true, as: onlyTrue },
    ],
  }),
  level: key(
    choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal']),
    'trace',
    'log records below it are not recorded',
  ),
  ...under('service', {
    name: optional(text, 'the name of this service', { env: ['OTEL_SERVICE_NAME'] }),
    version: optional(text, 'its version'),
  }),
  resource: key(attributes, {}, 'attributes of the resource; sources add to each other', {
    env: ['OTEL_RESOURCE_ATTRIBUTES'],
  }),
  ...under('traces', { exporters: exportersOf('traces', 'OTEL_TRACES_EXPORTER') }),
  ...under('metrics', {
    exporters: exportersOf('metrics', 'OTEL_METRICS_EXPORTER'),
    interval: key(duration, 60_000, 'metrics are collected so often', {
      env: ['OTEL_METRIC_EXPORT_INTERVAL'],
    }),
    timeout: key(duration, 30_000, 'for one collection and its export', {
      env: ['OTEL_METRIC_EXPORT_TIMEOUT'],
    }),
    temporality: key(
      choice(['cumulative', 'delta', 'lowmemory']),
      'cumulative',
      'whether sums begin with the process or with the last collection',
      { env: ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'] },
    ),
  }),
  ...under('logs', {
    exporters: exportersOf('logs', 'OTEL_LOGS_EXPORTER'),
    console: key(
      choice(['ignore', 'capture', 'replace']),
      'ignore',
      'what is done with console.log and the like: left alone, recorded too, or recorded instead',
      {
        env: [{ name: 'OTEL_DENO_CONSOLE', deno: true }],
      },
    ),
  }),
  ...under('exporters.ledger', {
    enabled: key(
      boolean,
      {
        derive: (get: Get) =>
          get('exporters.otlp.enabled').value === true
            ? { value: false, because: 'exporters.otlp.enabled is true' }
            : { value: true },
      },
      'writes to the ledger, no daemon needed; on unless OTLP is',
    ),
    home: optional(path, "the ledger's home", { env: ['SPANLEDGER_HOME'] }),
  }),
  ...OTLP_KEYS,
  ...under('exporters.console', {
    enabled: key(boolean, false, 'writes to standard error'),
    pretty: key(boolean, true, 'for people; otherwise a JSON line each'),
  }),
  ...under('sampling', {
    sampler: key(
      sampler,
      {
        derive: (get: Get) =>
          get('sampling.probability').isSet
            ? { value: 'parentbased_probability' as const, because: 'sampling.probability is set' }
            : { value: 'parentbased_always_on' as const },
      },
      'which traces are kept; domain events always are',
      { env: ['OTEL_TRACES_SAMPLER'] },
    ),
    probability: key(probability, 1, 'so many of all traces, whole ones', {
      env: [{ name: 'OTEL_TRACES_SAMPLER_ARG', with: 'OTEL_TRACES_SAMPLER' }],
    }),
    rules: key(samplingRules, [], 'by the name of the first span; the first rule that fits decides'),
  }),
  ...under('batch.spans', batch('OTEL_BSP', 5000)),
  ...under('batch.logs', batch('OTEL_BLRP', 1000)),
  ...under('spool', {
    enabled: key(boolean, false, 'keeps on disk what an OTLP endpoint does not take'),
    dir: optional(path, 'where; a folder in the home unless told'),
    size: key(bytes, 64e6, 'at most so much; the oldest goes first, and is counted'),
  }),
  ...under('limits', {
    attributes: key(many, 128, 'of one span or log record', {
      env: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'OTEL_ATTRIBUTE_COUNT_LIMIT'],
    }),
    attributeLength: optional(many, 'characters of one value; longer ones are cut', {
      env: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'],
    }),
    events: key(many, 128, 'of one span', { env: ['OTEL_SPAN_EVENT_COUNT_LIMIT'] }),
    links: key(many, 128, 'of one span', { env: ['OTEL_SPAN_LINK_COUNT_LIMIT'] }),
    eventAttributes: key(many, 128, 'of one event of a span', { env: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'] }),
    linkAttributes: key(many, 128, 'of one link', { env: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'] }),
  }),
  ...under('shutdown', {
    timeout: key(duration, 5000, 'for everything that still waits when the process ends'),
  }),
}

export type KeyPath = keyof typeof KEYS

/** The table with its rows' types forgotten. */
export const TABLE: Readonly<Record<string, AnyKey>> = KEYS
