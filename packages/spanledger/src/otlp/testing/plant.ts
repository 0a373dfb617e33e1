/* oxlint-disable no-useless-concat -- made-up keys are put together here so that no scanner finds one in the repository */
import type { ExportBatch } from '@spanledger/export'

const random = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0'

/** Texts that hold something to redact, and their look-alikes. */
const TEXTS = [
  `using ${'sk-' + 'ant-api03-' + random} now`,
  `DEPLOY_TOKEN=${random} make`,
  '{"password": "' + 'hunter2!' + '", "n": 1}',
  'postgres://app:' + 'hunter2' + '@db.internal:5432/shop',
  `Authorization: Bearer ${random}`,
  `日本語 ${'ghp' + '_' + random} \u0000 "é"`,
  `${'long '.repeat(60)}AKIA${'IOSFODNN7EXAMPL2'} end`,
  'TICKET-1234567',
  'access accepted, broken tokens, someone@example.invalid',
  '--password',
  '--cookie',
  '-p',
  'half \ud800 password=opensesame1',
  '',
]
const NAMES = [
  'password',
  'http.request.header.authorization',
  'user.email',
  'prompt',
  'tool_input',
  'response',
  'gen_ai.usage.input_tokens',
  'licence_plate',
  'event.name',
  `api_key=${random}`,
  'session.token',
]
const EVENT_NAMES = ['gen_ai.user.message', 'gen_ai.choice', 'gen_ai.tool.message']

/** What is no text of the host's. */
const FIXED = /^(?:traceId|spanId|parentSpanId|kind|status|type|temporality|valueType|schemaUrl)$/

/** The batch with secrets in some of its texts and names, as `choose` says: a number from 0 to `below`. Scopes keep their identity. */
export function plant(batch: ExportBatch, choose: (below: number) => number): ExportBatch {
  const copies = new Map<object, unknown>()
  const one = <T>(of: readonly T[]): T => of[choose(of.length)]!
  const text = (given: string): string => (choose(3) === 0 ? one(TEXTS) : given)
  const list = (attributes: readonly unknown[]): unknown[] => {
    const taken = new Set<unknown>(attributes.filter((_, i) => i % 2 === 0))
    return attributes.map((member, i) => (i % 2 === 0 ? named(member as string, taken) : value(member)))
  }
  const named = (name: string, taken: Set<unknown>): string => {
    const other = one(NAMES)
    if (choose(3) > 0 || taken.has(other)) return name
    taken.add(other)
    return other
  }
  const value = (given: unknown): unknown => {
    if (typeof given === 'string') return text(given)
    if (given instanceof Uint8Array) return choose(3) === 0 ? new TextEncoder().encode(one(TEXTS)) : given
    if (Array.isArray(given)) return given.map(value)
    if (typeof given !== 'object' || given === null) return given
    const taken = new Set<unknown>(Object.keys(given))
    const copy = Object.create(null) as Record<string, unknown>
    for (const [name, member] of Object.entries(given)) copy[named(name, taken)] = value(member)
    return copy
  }
  const record = (given: object): unknown => {
    if (copies.has(given)) return copies.get(given)
    const copy: Record<string, unknown> = {}
    copies.set(given, copy)
    for (const [name, member] of Object.entries(given)) copy[name] = field(name, member)
    return copy
  }
  const field = (name: string, member: unknown): unknown => {
    if (FIXED.test(name)) return member
    if (name === 'attributes') return list(member as unknown[])
    if (name === 'body') return value(member)
    if (name === 'eventName' && choose(2) === 0) return one(EVENT_NAMES)
    if (typeof member === 'string') return text(member)
    if (Array.isArray(member))
      return member.map((each: unknown) => (typeof each === 'object' ? record(each!) : each))
    return typeof member === 'object' && member !== null ? record(member) : member
  }
  return record(batch) as ExportBatch
}
