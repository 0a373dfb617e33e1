import { Buffer } from 'node:buffer'
import { hashOf, isHash } from '../redact/index.ts'
import type { Policy, Redactor } from '../redact/index.ts'
import type {
  AttributeList,
  AttributeValue,
  Link,
  LogData,
  MetricData,
  MetricDescription,
  Resource,
  Scope,
  SpanData,
  SpanEvent,
} from './data.ts'
import { LineBuffer, Literal } from './ledger/line-buffer.ts'
import type { Watch } from './ledger/line-buffer.ts'
import { writeValue } from './ledger/values.ts'

/** Names of attributes and map keys that are known; when full, the memory starts anew. */
const NAMES_MAX = 4_096

/** A longer argument is no option. */
const OPTION_LENGTH_MAX = 127

/** What is known of a name: how it is written, and what becomes of its value. */
interface Name {
  readonly text: string
  readonly policy: Policy
  /** `"name":`, where the name is written as it is and its value only searched. */
  readonly member: Literal | undefined
}

/** Records without their secrets: the same object where there are none, which takes a look at each string, else a copy. @opaque */
// The daemon does the same to what it receives; a property test (spanledger's otlp/sdk-redaction.fuzz.test.ts) compares the lines.
// Only two names of one map that redaction makes the same differ: here the second gets a number.
export class RecordRedactor implements Watch {
  readonly prefilter: Redactor['prefilter']
  /** With patterns of the user's, and with rules for bodies, which go by their event's name. */
  readonly suspectsAll: boolean
  readonly #redactor: Redactor
  readonly #names = new Map<string, Name>()
  readonly #kept = new WeakMap<object, object>()
  #scope: Scope | undefined
  #cleanScope: Scope | undefined

  constructor(redactor: Redactor) {
    this.#redactor = redactor
    this.prefilter = redactor.prefilter
    this.suspectsAll = redactor.scans === 'all' || redactor.readsBodies
  }

  mayHold(text: string): boolean {
    return this.#redactor.mayHold(text)
  }

  member(name: string): Literal | undefined {
    return this.#nameOf(name).member
  }

  span(span: SpanData): SpanData {
    const scope = this.scope(span.scope)
    const name = this.#text(span.name)
    const statusMessage = this.#text(span.statusMessage)
    const traceState = this.#text(span.traceState)
    const attributes = this.#list(span.attributes)
    const events = each(span.events, this.#event)
    const links = each(span.links, this.#link)
    return scope === span.scope &&
      name === span.name &&
      statusMessage === span.statusMessage &&
      traceState === span.traceState &&
      attributes === span.attributes &&
      events === span.events &&
      links === span.links
      ? span
      : { ...span, scope, name, statusMessage, traceState, attributes, events, links }
  }

  log(log: LogData): LogData {
    const scope = this.scope(log.scope)
    const eventName = this.#text(log.eventName)
    const severityText = this.#text(log.severityText)
    const body = log.body === undefined ? undefined : this.#body(log, log.body)
    const attributes = this.#list(log.attributes)
    return scope === log.scope &&
      eventName === log.eventName &&
      severityText === log.severityText &&
      body === log.body &&
      attributes === log.attributes
      ? log
      : { ...log, scope, eventName, severityText, body, attributes }
  }

  metric(data: MetricData): MetricData {
    const metric = this.#once(data.metric, this.#description)
    const points = each<MetricData['points'][number]>(data.points, this.#point)
    return metric === data.metric && points === data.points
      ? data
      : ({ ...data, metric, points } as MetricData)
  }

  /** The same object for the same resource, as exporters expect. */
  resource(resource: Resource): Resource {
    return this.#once(resource, (given) => ({
      ...given,
      attributes: this.#list(given.attributes),
      schemaUrl: this.#text(given.schemaUrl),
    }))
  }

  /** The same object for the same scope. */
  scope(scope: Scope): Scope {
    if (scope === this.#scope) return this.#cleanScope!
    this.#cleanScope = this.#once(scope, (given) => ({
      ...given,
      name: this.#text(given.name),
      version: this.#text(given.version),
      schemaUrl: this.#text(given.schemaUrl),
      attributes: this.#list(given.attributes),
    }))
    this.#scope = scope
    return this.#cleanScope
  }

  readonly #event = (event: SpanEvent): SpanEvent => {
    const name = this.#text(event.name)
    const attributes = this.#list(event.attributes)
    return name === event.name && attributes === event.attributes ? event : { ...event, name, attributes }
  }

  readonly #link = (link: Link): Link => {
    const traceState = this.#text(link.traceState)
    const attributes = this.#list(link.attributes)
    return traceState === link.traceState && attributes === link.attributes
      ? link
      : { ...link, traceState, attributes }
  }

  readonly #point = <P extends { readonly attributes: AttributeList }>(point: P): P => {
    const attributes = this.#list(point.attributes)
    return attributes === point.attributes ? point : { ...point, attributes }
  }

  readonly #description = (metric: MetricDescription): MetricDescription => ({
    ...metric,
    scope: this.scope(metric.scope),
    name: this.#text(metric.name),
    description: this.#text(metric.description),
    unit: this.#text(metric.unit),
  })

  #once<T extends object>(given: T, clean: (given: T) => T): T {
    let kept = this.#kept.get(given) as T | undefined
    if (kept === undefined) this.#kept.set(given, (kept = clean(given)))
    return kept
  }

  /** A body follows the name of its event, which senders older than that field have in an attribute. */
  #body({ eventName, attributes }: LogData, body: AttributeValue): AttributeValue {
    if (!this.#redactor.readsBodies) return this.#value(body)
    const at = attributes.findIndex((name, i) => i % 2 === 0 && name === 'event.name')
    const told = eventName !== '' || at === -1 ? eventName : attributes[at + 1]
    return this.#governed(this.#redactor.policyOfBody(typeof told === 'string' ? told : ''), body)
  }

  /** The host waits for this: of a list that holds nothing, each name is looked up and each string read once. */
  #list(list: AttributeList): AttributeList {
    for (let i = 0; i < list.length; i += 2) {
      const value = list[i + 1]!
      if (this.member(list[i] as string) === undefined || this.#value(value) !== value)
        return this.#pairs(list)
    }
    return list
  }

  #pairs(list: AttributeList): AttributeList {
    const taken = new Set<string>()
    return list.flatMap((_, i) => {
      if (i % 2 === 1) return []
      const { text, policy } = this.#nameOf(list[i] as string)
      return [unlike(taken, text), this.#governed(policy, list[i + 1]!)]
    })
  }

  #nameOf(key: string): Name {
    let name = this.#names.get(key)
    if (name === undefined) {
      const { text } = this.#redactor.redact(key.toWellFormed())
      const policy = this.#redactor.policyOfKey(key)
      const isPlain = text === key && policy.action === 'scan'
      name = {
        text,
        policy,
        member: isPlain ? new Literal(Buffer.from(`${JSON.stringify(key)}:`)) : undefined,
      }
      if (this.#names.size >= NAMES_MAX) this.#names.clear()
      this.#names.set(key, name)
    }
    return name
  }

  #governed(policy: Policy, value: AttributeValue): AttributeValue {
    if (policy.action === 'scan' || tellsNothing(value)) return this.#value(value)
    if (policy.action === 'replace') return policy.mark
    if (typeof value !== 'string') return hashOf(jsonOf(this.#value(value)))
    return isHash(value) ? value : hashOf(value.toWellFormed())
  }

  #text(text: string): string {
    if (!this.#redactor.mayHold(text)) return text
    const { text: clean, count } = this.#redactor.redact(text.toWellFormed())
    return count === 0 ? text : clean
  }

  #value(value: AttributeValue): AttributeValue {
    if (typeof value === 'string') return this.#text(value)
    if (typeof value !== 'object' || value === null) return value
    if (value instanceof Uint8Array)
      return this.#redactor.redactBytes(value, 0, value.length) === undefined ? value : '[redacted:bytes]'
    return Array.isArray(value) ? this.#array(value as readonly AttributeValue[]) : this.#map(value as Values)
  }

  /** `["--password", "..."]`: what follows such an argument goes. */
  #array(list: readonly AttributeValue[]): readonly AttributeValue[] {
    let isSecretNext = false
    return each(list, (element) => {
      const clean = isSecretNext
        ? this.#governed(this.#redactor.policyOfKey('password'), element)
        : this.#value(element)
      isSecretNext =
        typeof element === 'string' &&
        element.length <= OPTION_LENGTH_MAX &&
        this.#redactor.isSecretOption(element)
      return clean
    })
  }

  #map(map: Values): Values {
    const entries = Object.entries(map)
    if (entries.every(([key, value]) => this.member(key) !== undefined && this.#value(value) === value))
      return map
    const taken = new Set<string>()
    const clean = Object.create(null) as { [key: string]: AttributeValue }
    for (const [key, value] of entries) {
      const { text, policy } = this.#nameOf(key)
      clean[unlike(taken, text)] = this.#governed(policy, value)
    }
    return clean
  }
}

type Values = { readonly [key: string]: AttributeValue }

/** The list itself where `clean` changes nothing in it. */
function each<T>(list: readonly T[], clean: (one: T) => T): readonly T[] {
  if (list.length === 0) return list
  let copy: T[] | undefined
  for (let i = 0; i < list.length; i++) {
    const one = clean(list[i]!)
    if (one !== list[i]) (copy ??= [...list])[i] = one
  }
  return copy ?? list
}

/** A name that is not taken yet. */
function unlike(taken: Set<string>, name: string): string {
  let free = name
  for (let n = 2; taken.has(free); n++) free = `${name} (${n})`
  taken.add(free)
  return free
}

/** What there is nothing to hide in. */
const tellsNothing = (value: AttributeValue): boolean =>
  value === null ||
  typeof value === 'boolean' ||
  value === '' ||
  (typeof value === 'object' && !(value instanceof Uint8Array) && Object.keys(value).length === 0)

/** As the ledger has it. */
function jsonOf(value: AttributeValue): Uint8Array {
  const out = new LineBuffer(Buffer.alloc(256))
  writeValue(out, value)
  return out.bytes.subarray(0, out.length)
}
