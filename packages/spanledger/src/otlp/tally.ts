import type { Signal } from './transcoded.ts'

/** OTLP's names on the way to a record, for messages. */
const PATHS: Record<Signal, readonly [resource: string, scope: string, record: string]> = {
  traces: ['resourceSpans', 'scopeSpans', 'spans'],
  logs: ['resourceLogs', 'scopeLogs', 'logRecords'],
  metrics: ['resourceMetrics', 'scopeMetrics', 'metrics'],
}

/** What became of one request's records, and where in the request we are. */
export class Tally {
  accepted = 0
  rejected = 0
  droppedLinks = 0
  resource = -1
  scope = -1
  record = -1
  readonly #signal: Signal
  #first = ''

  constructor(signal: Signal) {
    this.#signal = signal
  }

  /** On to the next resource, scope or record. */
  enter(level: 'resource' | 'scope' | 'record'): void {
    if (level === 'record') this.record++
    else {
      this.record = -1
      if (level === 'scope') this.scope++
      else {
        this.scope = -1
        this.resource++
      }
    }
  }

  /** `resourceSpans[0].scopeSpans[1].spans[3]`, as far as we came. */
  get path(): string {
    const [resource, scope, record] = PATHS[this.#signal]
    const indexes = [this.resource, this.scope, this.record]
    return [resource, scope, record]
      .map((name, level) => [name, indexes[level]!] as const)
      .filter(([, index]) => index >= 0)
      .map(([name, index]) => `${name}[${index}]`)
      .join('.')
  }

  /** @param where The place below the record, with its dot: `.traceId`. */
  reject(where: string, reason: string): void {
    this.rejected++
    if (this.#first === '') this.#first = `${this.path}${where}: ${reason}`
  }

  dropLink(where: string): void {
    this.droppedLinks++
    if (this.#first === '')
      this.#first = `${this.path}${where}: a link's trace id has 16 bytes and its span id 8`
  }

  /** Empty when everything was taken; else counts and the first place. */
  get message(): string {
    const counts = [
      this.rejected > 0 ? `${this.rejected} rejected` : '',
      this.droppedLinks > 0 ? `${this.droppedLinks} links dropped` : '',
    ].filter((count) => count !== '')
    return counts.length === 0 ? '' : `${counts.join(', ')}; first: ${this.#first}`
  }
}
