import { setTimeout } from 'node:timers'
import { openHome } from '../../ledger/index.ts'
import type { SignalKind } from '../../model/index.ts'
import { createRedactor } from '../../redact/index.ts'
import type { Platform } from '../../platform/index.ts'
import { openSignalStore } from '../../store/index.ts'
import type { SignalStore } from '../../store/index.ts'
import type { LogData, MetricData, Resource, Scope, SpanData } from '../data.ts'
import { runSuppressed } from '../context.ts'
import type { Processor } from '../processor.ts'
import { RecordRedactor } from '../redaction.ts'
import type { Report } from '../report.ts'
import { metricDefinition, originDefinition } from './definition.ts'
import type { Definition } from './definition.ts'
import { writeExitSegment } from './exit-segment.ts'
import { Lane } from './lane.ts'
import type { LineBuffer } from './line-buffer.ts'
import { writeLog } from './log-line.ts'
import { writePoint } from './point-lines.ts'
import { writeSpan } from './span-line.ts'

/** A record waits at most this long for others before it is written: what a kill can take. */
const WRITE_AFTER_MS = 200
/** After a failed write, until the next one is tried. What comes meanwhile waits, up to PENDING_BYTES_MAX. */
const RETRY_AFTER_MS = 1_000
/** Definitions kept by the metric or scope they are of; when full, the memory starts anew. */
const DEFINITIONS_MAX = 4_096

export interface LedgerOptions {
  platform: Platform
  resource: Resource
  /** The home's folder; made when it is not there, at the first record. */
  home: string
  report: Report
  /** Takes secrets out before anything becomes a line; by the built-in rules unless told. */
  redactor?: RecordRedactor
}

/**
 * Writes records into the ledger without a daemon: each becomes its line at once, and the lines go to a SignalStore in batches.
 *
 * Durable    after forceFlush on the disk; else written WRITE_AFTER_MS after the record, when the disk is not slower.
 * Full disk  what waits is kept and tried again, up to PENDING_BYTES_MAX a kind; beyond that new records are dropped and counted.
 *
 * @internal
 */
export class LedgerProcessor implements Processor {
  readonly #options: LedgerOptions
  readonly #redactor: RecordRedactor
  readonly #lanes: Record<SignalKind, Lane>
  readonly #cleanSpan: (span: SpanData) => SpanData
  readonly #cleanLog: (log: LogData) => LogData
  readonly #origins = new Map<Scope, Definition>()
  readonly #metrics = new Map<unknown, Definition>()
  readonly #closing = new AbortController()
  #store: Promise<SignalStore> | undefined
  #draining: Promise<void> | undefined
  #planned = false
  #lastScope: Scope | undefined
  #lastOrigin: Definition | undefined

  constructor(options: LedgerOptions) {
    const { redactor = new RecordRedactor(createRedactor()) } = options
    this.#options = { ...options, resource: redactor.resource(options.resource) }
    this.#redactor = redactor
    this.#cleanSpan = (span) => redactor.span(span)
    this.#cleanLog = (log) => redactor.log(log)
    this.#lanes = {
      spans: new Lane('spans', redactor),
      logs: new Lane('logs', redactor),
      metrics: new Lane('metrics', redactor),
    }
  }

  /** Records that could not be kept so far. */
  get dropped(): number {
    return Object.values(this.#lanes).reduce((sum, { dropped }) => sum + dropped, 0)
  }

  span(span: SpanData): void {
    this.#added(this.#lanes.spans.add(writeSpan, span, this.#originOf(span.scope), this.#cleanSpan))
  }

  log(log: LogData): void {
    this.#added(this.#lanes.logs.add(writeLog, log, this.#originOf(log.scope), this.#cleanLog))
  }

  metrics(metrics: readonly MetricData[]): void {
    const lane = this.#lanes.metrics
    for (const given of metrics) {
      const data = this.#redactor.metric(given)
      const origin = this.#originOf(data.metric.scope)
      const definition = this.#definitionOf(data)
      for (let index = 0; index < data.points.length; index++) {
        lane.define(definition)
        const write = (out: LineBuffer): void => writePoint(out, data, index, definition.id)
        this.#added(lane.add(write, data, origin, (same) => same))
      }
    }
  }

  async forceFlush(): Promise<void> {
    for (const lane of Object.values(this.#lanes)) lane.seal()
    if (Object.values(this.#lanes).every(({ isEmpty }) => isEmpty) && this.#store === undefined) return
    await this.#drain()
    await this.#withStore((store) => store.flush())
  }

  async shutdown(): Promise<void> {
    if (this.#closing.signal.aborted) return
    await this.forceFlush()
    this.#closing.abort()
    for (const lane of Object.values(this.#lanes)) lane.dropAll()
    if (this.#store !== undefined) await this.#withStore((store) => store.close())
  }

  /** What was not written yet, and what may not have been. A line may then stand in the ledger twice: readers count it once. */
  flushSync(): void {
    const { platform, home, report } = this.#options
    for (const lane of Object.values(this.#lanes)) {
      const batches = lane.takeAll()
      if (batches.length === 0) continue
      try {
        writeExitSegment(platform, home, batches)
      } catch (error) {
        for (const { count } of batches) lane.dropped += count
        report('ledger', error)
      }
    }
  }

  #originOf(scope: Scope): Definition {
    if (scope === this.#lastScope) return this.#lastOrigin!
    let origin = this.#origins.get(scope)
    if (origin === undefined) {
      origin = originDefinition(this.#options.resource, this.#redactor.scope(scope))
      if (this.#origins.size >= DEFINITIONS_MAX) this.#origins.clear()
      this.#origins.set(scope, origin)
    }
    this.#lastScope = scope
    return (this.#lastOrigin = origin)
  }

  #definitionOf(data: MetricData): Definition {
    let definition = this.#metrics.get(data.metric)
    if (definition === undefined) {
      definition = metricDefinition(data)
      if (this.#metrics.size >= DEFINITIONS_MAX) this.#metrics.clear()
      this.#metrics.set(data.metric, definition)
    }
    return definition
  }

  #added(isFull: boolean): void {
    if (isFull) void this.#drain()
    else if (!this.#planned) this.#drainAfter(WRITE_AFTER_MS)
  }

  #drainAfter(ms: number): void {
    this.#planned = true
    setTimeout(() => {
      this.#planned = false
      for (const lane of Object.values(this.#lanes)) lane.seal()
      void this.#drain()
    }, ms).unref()
  }

  /** One at a time; never rejects. */
  #drain(): Promise<void> {
    return (this.#draining ??= runSuppressed(() => this.#writeAll()).finally(() => {
      this.#draining = undefined
    }))
  }

  async #writeAll(): Promise<void> {
    for (const lane of Object.values(this.#lanes)) {
      for (let batch = lane.first(); batch !== undefined; batch = lane.first()) {
        if (this.#closing.signal.aborted) return lane.dropAll()
        const waiting = batch
        if (!(await this.#withStore((store) => store.append(waiting)))) {
          this.#drainAfter(RETRY_AFTER_MS)
          break
        }
        if (lane.first() === batch) lane.written()
      }
    }
  }

  /** False when it failed; that was reported. */
  async #withStore(work: (store: SignalStore) => Promise<unknown>): Promise<boolean> {
    const { platform, home, report } = this.#options
    try {
      this.#store ??= runSuppressed(() => openHome(platform, home)).then((opened) =>
        openSignalStore(platform, opened),
      )
      await work(await this.#store)
      return true
    } catch (error) {
      report('ledger', error)
      const failed = this.#store
      // A home that could not be opened is tried anew; a store that failed goes on by itself.
      void failed?.catch(() => {
        if (this.#store === failed) this.#store = undefined
      })
      return false
    }
  }
}
