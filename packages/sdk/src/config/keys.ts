import { type AnyKey, type Get, key, optional, under } from './key.ts'
import { boolean, bytes, choice, choices, count, duration, path, probability, text } from './kinds.ts'
import { OTLP_KEYS } from './keys-otlp.ts'
import { attributes } from './pairs.ts'
import { samplingRules } from './rules.ts'

const exporterNames = choices(['ledger', 'otlp', 'console', 'none'])
const SAMPLERS = ['always_on', 'always_off', 'traceidratio', 'probability'] as const
const sampler = choice([...SAMPLERS, ...SAMPLERS.map((each) => `parentbased_${each}` as const)])
/** Of spans and of log records. */
const ATTRIBUTES = 'OTEL_ATTRIBUTE_COUNT_LIMIT'
const ATTRIBUTE_LENGTH = 'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT'
const many = count(0, 1_000_000)
const some = count(1, 1_000_000)

const exportersOf = (variable: string) => optional(exporterNames, { env: [variable] })

/** Standard variables of a batch: `OTEL_BSP_` of spans, `OTEL_BLRP_` of log records. */
const batch = (prefix: string, delayMs: number) => ({
  delay: key(duration, delayMs, { env: [`${prefix}_SCHEDULE_DELAY`] }),
  timeout: key(duration, 30_000, { env: [`${prefix}_EXPORT_TIMEOUT`] }),
  queue: key(some, 65_536, { env: [`${prefix}_MAX_QUEUE_SIZE`] }),
  size: key(some, 512, { env: [`${prefix}_MAX_EXPORT_BATCH_SIZE`] }),
})

const onlyTrue = (said: string): string | undefined => (/^(?:true|1)$/i.test(said) ? 'true' : undefined)

/**
 * Every setting of the SDK: paths under `telemetry:` in config.yaml. The reading of files and variables, `config show` and
 * docs/reference/configuration.md are derived from this table; testing/meanings.ts says what each is for.
 */
export const KEYS = {
  enabled: key(boolean, true, {
    env: [
      // Standard: anything but true means that it is not disabled.
      { name: 'OTEL_SDK_DISABLED', as: (said) => (onlyTrue(said) === undefined ? undefined : 'false') },
      { name: 'OTEL_DENO', deno: true, as: onlyTrue },
    ],
  }),
  level: key(choice(['trace', 'debug', 'info', 'warn', 'error', 'fatal']), 'trace'),
  ...under('service', {
    name: optional(text, { env: ['OTEL_SERVICE_NAME'] }),
    version: optional(text),
  }),
  resource: key(attributes, {}, { env: ['OTEL_RESOURCE_ATTRIBUTES'] }),
  ...under('traces', { exporters: exportersOf('OTEL_TRACES_EXPORTER') }),
  ...under('metrics', {
    exporters: exportersOf('OTEL_METRICS_EXPORTER'),
    interval: key(duration, 60_000, { env: ['OTEL_METRIC_EXPORT_INTERVAL'] }),
    timeout: key(duration, 30_000, { env: ['OTEL_METRIC_EXPORT_TIMEOUT'] }),
    temporality: key(choice(['cumulative', 'delta', 'lowmemory']), 'cumulative', {
      env: ['OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE'],
    }),
  }),
  ...under('logs', {
    exporters: exportersOf('OTEL_LOGS_EXPORTER'),
    console: key(choice(['ignore', 'capture', 'replace']), 'ignore', {
      env: [{ name: 'OTEL_DENO_CONSOLE', deno: true }],
    }),
  }),
  ...under('exporters.ledger', {
    enabled: key(boolean, {
      derive: (get: Get) =>
        get('exporters.otlp.enabled').value === true
          ? { value: false, because: 'exporters.otlp.enabled is true' }
          : { value: true },
    }),
    home: optional(path, { env: ['SPANLEDGER_HOME'] }),
  }),
  ...OTLP_KEYS,
  ...under('exporters.console', {
    enabled: key(boolean, false),
    pretty: key(boolean, true),
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
      { env: ['OTEL_TRACES_SAMPLER'] },
    ),
    probability: key(probability, 1, {
      env: [{ name: 'OTEL_TRACES_SAMPLER_ARG', with: 'OTEL_TRACES_SAMPLER' }],
    }),
    rules: key(samplingRules, []),
  }),
  ...under('batch.spans', batch('OTEL_BSP', 5000)),
  ...under('batch.logs', batch('OTEL_BLRP', 1000)),
  ...under('spool', {
    enabled: key(boolean, false),
    dir: optional(path),
    size: key(bytes, 64e6),
  }),
  ...under('limits', {
    attributes: key(many, 128, { env: ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', ATTRIBUTES] }),
    attributeLength: optional(many, {
      env: ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', ATTRIBUTE_LENGTH],
    }),
    events: key(many, 128, { env: ['OTEL_SPAN_EVENT_COUNT_LIMIT'] }),
    links: key(many, 128, { env: ['OTEL_SPAN_LINK_COUNT_LIMIT'] }),
    eventAttributes: key(many, 128, { env: ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT'] }),
    linkAttributes: key(many, 128, { env: ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT'] }),
    logAttributes: key(many, 128, { env: ['OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT', ATTRIBUTES] }),
    logAttributeLength: optional(many, {
      env: ['OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT', ATTRIBUTE_LENGTH],
    }),
  }),
  ...under('shutdown', {
    timeout: key(duration, 5000),
  }),
}

export type KeyPath = keyof typeof KEYS

/** The table with its rows' types forgotten. */
export const TABLE: Readonly<Record<string, AnyKey>> = KEYS
