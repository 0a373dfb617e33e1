import type { Attributes, LogLine } from '@spanledger/sdk/model'
import { uuidFrom } from '@spanledger/sdk/platform'
import { claudeCodeHooks } from './claude-code/hooks.ts'
import { codexHooks } from './codex/hooks.ts'
import { copilotCliHooks } from './copilot-cli/hooks.ts'
import { cursorHooks } from './cursor/hooks.ts'
import { geminiCliHooks } from './gemini-cli/hooks.ts'
import type { Mapping } from './mapping.ts'
import { eventOf } from './observe.ts'
import { opencodeHooks } from './opencode/hooks.ts'
import { numberOf, textOf, valueOf } from './read.ts'
import { indexRules, type Reader } from './registry.ts'
import type { SessionEvent } from './vocabulary.ts'

/** One agent's hooks: the payload is read like the attributes of a log record that is named as the hook is. */
export interface AgentHooks {
  agent: string
  mapping: Mapping
  /** Where the payload tells its time, as milliseconds or ISO 8601; it is when the hook wrote, unless told. */
  time?: string
}

const HOOKS: readonly AgentHooks[] = [
  claudeCodeHooks,
  codexHooks,
  geminiCliHooks,
  copilotCliHooks,
  opencodeHooks,
  cursorHooks,
]

const READERS = new Map(HOOKS.map((hooks) => [hooks.agent, { hooks, reader: readerFor(hooks) }]))

/** A hook that ran. */
export interface ObservedHook {
  agent: string
  /** As the agent calls it: `PostToolUse`. */
  hook: string
  payload: Attributes
  /** When it wrote. */
  writtenMs: number
  /** The same whenever the same run of the hook is read, and no other's. */
  identity: string
}

/** The domain events a hook tells; none for a hook or an agent that no rule names. Pure, as `observe` is. */
export function observeHook({ agent, hook, payload, writtenMs, identity }: ObservedHook): SessionEvent[] {
  const known = READERS.get(agent)
  if (known === undefined) return []
  const { hooks, reader } = known
  const nanos = BigInt(Math.round(timeIn(hooks, payload) ?? writtenMs)) * 1_000_000n
  const record = { log: String(nanos), name: hook, attrs: payload } as LogLine
  return reader.rulesFor('log', hook).flatMap((rule) => {
    const told = eventOf(rule, { kind: 'log', record, origin: { origin: '' } }, hook, reader)
    if (told === undefined) return []
    const { event, data } = told
    return [
      {
        ...told,
        id: uuidFrom(event, data.session, `hook ${identity}`),
        data: { ...data, source: `hook:${hook}` },
      },
    ]
  })
}

/** As a stream's name has it. */
const SESSION = /^[^\p{Cc}]{1,200}$/u

/** The session a payload names, whatever the hook; undefined where it names none. */
export function sessionOfHook({
  agent,
  payload,
}: Pick<ObservedHook, 'agent' | 'payload'>): string | undefined {
  const from = READERS.get(agent)?.hooks.mapping.session
  const session = from === undefined ? undefined : textOf(valueOf(payload, from))
  return session !== undefined && SESSION.test(session) ? session : undefined
}

function timeIn({ time }: AgentHooks, payload: Attributes): number | undefined {
  if (time === undefined) return undefined
  const told = payload[time]
  const ms = numberOf(told) ?? Date.parse(textOf(told) ?? '')
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

function readerFor({ agent, mapping }: AgentHooks): Reader {
  return {
    agent,
    agentVersion: undefined,
    traceIsSession: false,
    mapping,
    logName: (record) => record.name,
    rulesFor: indexRules(mapping.rules),
  }
}
