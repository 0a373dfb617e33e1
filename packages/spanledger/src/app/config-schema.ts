import * as v from 'valibot'
import { parse } from 'yaml'
import { retentionSchema } from './retention-config.ts'
import { watchSchema } from './watch-config.ts'
import { findingsOf } from './config-findings.ts'
import { ConfigError, DEFAULT_CONFIG, type Config } from './config.ts'

const port = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(65_535))
const contentRule = v.picklist(['keep', 'drop', 'hash'])

const { receive, sealing, transcripts } = DEFAULT_CONFIG

const schema = v.strictObject({
  // The SDK's part, which it checks itself.
  telemetry: v.optional(v.unknown()),
  receive: v.optional(
    v.strictObject({
      otlpHttpPort: v.optional(port, receive.otlpHttpPort),
      otlpGrpcPort: v.optional(port, receive.otlpGrpcPort),
      port: v.optional(port, receive.port),
      allowedHosts: v.optional(v.array(v.string()), receive.allowedHosts),
    }),
    receive,
  ),
  retention: v.optional(retentionSchema, {}),
  watch: v.optional(watchSchema, {}),
  sealing: v.optional(v.strictObject({ background: v.optional(v.boolean(), sealing.background) }), sealing),
  transcripts: v.optional(
    v.strictObject({ background: v.optional(v.boolean(), transcripts.background) }),
    transcripts,
  ),
  redaction: v.optional(
    v.strictObject({
      enabled: v.optional(v.boolean()),
      patterns: v.optional(
        v.array(v.strictObject({ name: v.string(), regex: v.string(), flags: v.optional(v.string()) })),
      ),
      keys: v.optional(v.array(v.string())),
      allow: v.optional(v.array(v.string())),
      content: v.optional(
        v.strictObject({
          prompts: v.optional(contentRule),
          toolInput: v.optional(contentRule),
          toolOutput: v.optional(contentRule),
          modelOutput: v.optional(contentRule),
        }),
      ),
    }),
  ),
})

export function parseConfig(file: string, text: string): Config {
  let raw: unknown
  try {
    raw = parse(text) ?? {}
  } catch (error) {
    throw new ConfigError(file, (error as Error).message)
  }
  if (Array.isArray(raw))
    throw new ConfigError(file, '(top level): expected keys such as receive: or redaction:, found a list')
  const result = v.safeParse(schema, raw)
  if (!result.success) throw new ConfigError(file, findingsOf(result.issues, { text, schema, describe }))
  const { redaction = {}, ...output } = result.output
  const { receive: ports, retention, watch: watched, sealing: sealed, transcripts: kept } = output
  return {
    receive: ports,
    retention,
    watch: watched,
    sealing: sealed,
    transcripts: kept,
    redaction: redaction as Config['redaction'],
  }
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? '(top level)'
  if (issue.type === 'strict_object' && issue.expected === 'never') return `unknown key ${path}`
  if (issue.type === 'check') return `${path}: ${issue.message}`
  return `${path}: expected ${issue.expected}, found ${issue.received}`
}
