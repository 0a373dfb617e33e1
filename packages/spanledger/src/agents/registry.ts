import { type LogLine, type OriginLine, plainAttributes } from '@spanledger/sdk/model'
import { claudeCode } from './claude-code/names.ts'
import { codex } from './codex/names.ts'
import { copilotCli } from './copilot-cli/names.ts'
import { geminiCli } from './gemini-cli/names.ts'
import { generic } from './generic/names.ts'
import type { AgentNames, Mapping, Rule } from './mapping.ts'
import { opencode } from './opencode/names.ts'
import { orchestrate } from './orchestrate/names.ts'
import { textOf, valueOf } from './read.ts'
import { forVersion } from './versions.ts'

/** Every agent known by name. An origin that fits none is read with the generic names. */
const KNOWN: readonly AgentNames[] = [claudeCode, codex, geminiCli, copilotCli, opencode, orchestrate]

const fits = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern

const listed = (patterns: readonly string[], name: string | undefined): boolean =>
  name !== undefined && patterns.some((pattern) => fits(pattern, name))

const named = (service: string | undefined, scope: string | undefined): AgentNames | undefined =>
  KNOWN.find((agent) => listed(agent.services, service)) ?? KNOWN.find((agent) => listed(agent.scopes, scope))

/** Whether telemetry of this service and scope is a known agent's own. Services that merely use gen_ai names are not. */
export function isAgentOrigin(serviceName: string | undefined, scopeName: string | undefined): boolean {
  return named(serviceName, scopeName) !== undefined
}

/** What the names of one origin's records mean. */
export interface Reader {
  agent: string
  agentVersion: string | undefined
  /** A record that names no session is of its trace's. */
  traceIsSession: boolean
  mapping: Mapping
  logName: (record: LogLine) => string | undefined
  rulesFor(signal: 'span' | 'log', name: string): readonly Rule[]
}

const plainLogName = (record: LogLine): string | undefined =>
  record.name ?? textOf(record.attrs?.['event.name'])

/** The rules of a mapping by signal and name, those with a `*` apart: one lookup a record, whatever the size of the table. */
export function indexRules(rules: readonly Rule[]): Reader['rulesFor'] {
  const exact = new Map<string, Rule[]>()
  const open: { signal: string; pattern: string; rule: Rule }[] = []
  for (const rule of rules)
    for (const name of typeof rule.name === 'string' ? [rule.name] : rule.name)
      if (name.endsWith('*')) open.push({ signal: rule.signal, pattern: name, rule })
      else {
        const key = `${rule.signal}:${name}`
        exact.set(key, [...(exact.get(key) ?? []), rule])
      }
  return (signal, name) => {
    const found = exact.get(`${signal}:${name}`) ?? []
    if (open.length === 0) return found
    const more = open
      .filter((entry) => entry.signal === signal && fits(entry.pattern, name))
      .map((entry) => entry.rule)
    return more.length === 0 ? found : [...found, ...more]
  }
}

const indexes = new WeakMap<Mapping, Reader['rulesFor']>()
const readers = new WeakMap<OriginLine, Reader>()

/** Pure; remembered for as long as the origin is. */
export function readerOf(origin: OriginLine): Reader {
  const ready = readers.get(origin)
  if (ready) return ready
  const attrs = plainAttributes(origin.resource?.attrs)
  const service = textOf(attrs?.['service.name'])
  const known = named(service, origin.scope?.name)
  const names = known ?? generic
  const serviceVersion = textOf(attrs?.['service.version'])
  const agentVersion =
    names.version === null
      ? undefined
      : (textOf(names.version && valueOf(attrs, names.version)) ?? serviceVersion)
  const mapping = forVersion(names.mappings, agentVersion)
  const rulesFor = indexes.get(mapping) ?? indexRules(mapping.rules)
  indexes.set(mapping, rulesFor)
  const reader: Reader = {
    agent: known ? known.agent : (service ?? origin.scope?.name ?? 'unknown'),
    agentVersion,
    traceIsSession: known === undefined || known.traceIsSession === true,
    mapping,
    logName: names.logName ?? plainLogName,
    rulesFor,
  }
  readers.set(origin, reader)
  return reader
}
