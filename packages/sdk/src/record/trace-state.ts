/** Members of a list. Source: https://www.w3.org/TR/trace-context-2/#tracestate-header */
const MEMBERS_MAX = 32
/** Longer ones are ignored whole: 512 must be propagated, this leaves room for vendors who write more. */
const LENGTH_MAX = 8_192

// A name, or a tenant's at a system. Level 2 allows @ anywhere; W3C's own harness, and every level 1 implementation, refuses that.
const KEY = /^(?:[a-z][-_*/a-z0-9]{0,255}|[a-z0-9][-_*/a-z0-9]{0,240}@[a-z][-_*/a-z0-9]{0,13})$/
const VALUE = /^[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** W3C's tracestate, newest first; never changed. It is OpenTelemetry's TraceState too. */
export class TraceState {
  readonly #members: ReadonlyMap<string, string>

  private constructor(members: ReadonlyMap<string, string>) {
    this.#members = members
  }

  /** Empty when the text is not a valid list: the specification says to discard it whole. */
  static parse(text: string): TraceState {
    const members = new Map<string, string>()
    if (text.length > LENGTH_MAX) return new TraceState(members)
    for (const part of text.split(',')) {
      const member = part.replace(/^[ \t]+|[ \t]+$/g, '')
      if (member === '') continue
      const equals = member.indexOf('=')
      const key = member.slice(0, equals)
      const value = member.slice(equals + 1)
      if (equals < 1 || !KEY.test(key) || !VALUE.test(value)) return new TraceState(new Map())
      // Of a key that stands there twice the first is the newer one.
      if (members.has(key)) continue
      if (members.size === MEMBERS_MAX) return new TraceState(new Map())
      members.set(key, value)
    }
    return new TraceState(members)
  }

  get(key: string): string | undefined {
    return this.#members.get(key)
  }

  /** The member comes first, as the specification says of one that was changed. An invalid one changes nothing. */
  set(key: string, value: string): TraceState {
    if (!KEY.test(key) || !VALUE.test(value)) return this
    const members = new Map([[key, value]])
    for (const [name, other] of this.#members)
      if (name !== key && members.size < MEMBERS_MAX) members.set(name, other)
    return new TraceState(members)
  }

  unset(key: string): TraceState {
    const members = new Map(this.#members)
    members.delete(key)
    return new TraceState(members)
  }

  serialize(): string {
    let text = ''
    for (const [key, value] of this.#members) text += `${text && ','}${key}=${value}`
    return text
  }
}
