import { asOf, type SessionFigures } from '../../projection/index.ts'

export interface SessionStatistics {
  /** Begun in that time; `active` are those at work now, whenever they began. */
  begun: number
  active: number
  completed: number
  failed: number
  /** Neither an end nor a word for five minutes. */
  silent: number
  perHour: number
  /** Of what told how it ended; null when nothing did. */
  successRate: number | null
  /** Of model calls and tool calls. */
  errorRate: number | null
  /** Of sessions that are not at work; nearest rank. */
  seconds: { p50: number; p95: number } | null
  modelCalls: number
  toolCalls: number
  inputTokens: number
  outputTokens: number
  costUsd: number
  /** Open ones of sessions at work, and all of that time, by kind. */
  findings: { open: Record<string, number>; found: Record<string, number> }
}

const HOUR_MS = 3_600_000

/** Of sessions that began in a span of time. */
export function sessionStatistics(
  figures: Iterable<SessionFigures>,
  { fromMs, toMs }: { fromMs: number; toMs: number },
): SessionStatistics {
  const [seconds, open, found]: [number[], Record<string, number>, Record<string, number>] = [[], {}, {}]
  const count = { begun: 0, active: 0, completed: 0, failed: 0, silent: 0 }
  const sum = { modelCalls: 0, toolCalls: 0, failures: 0, inputTokens: 0, outputTokens: 0, costUsd: 0 }
  for (const { summary: kept } of figures) {
    const summary = asOf(kept, toMs)
    const { status, findings = [] } = summary
    if (status === 'active') {
      count.active++
      for (const { kind, clearedAt } of findings)
        if (clearedAt === undefined) open[kind] = (open[kind] ?? 0) + 1
    }
    const startMs = Date.parse(summary.startedAt)
    if (startMs < fromMs || startMs > toMs) continue
    count.begun++
    if (status !== 'active') {
      count[status]++
      seconds.push((Date.parse(summary.endedAt ?? summary.startedAt) - startMs) / 1_000)
    }
    for (const { kind } of findings) found[kind] = (found[kind] ?? 0) + 1
    sum.modelCalls += summary.modelCalls
    sum.toolCalls += summary.toolCalls
    sum.failures += summary.failedModelCalls + summary.failedToolCalls
    sum.inputTokens += summary.tokens.input
    sum.outputTokens += summary.tokens.output
    sum.costUsd += summary.costUsd ?? 0
  }
  const { failures, ...sums } = sum
  const [ended, calls] = [count.completed + count.failed, sum.modelCalls + sum.toolCalls]
  return {
    ...count,
    perHour: toMs > fromMs ? count.begun / ((toMs - fromMs) / HOUR_MS) : 0,
    successRate: ended === 0 ? null : count.completed / ended,
    errorRate: calls === 0 ? null : failures / calls,
    seconds: percentiles(seconds),
    ...sums,
    costUsd: Math.round(sum.costUsd * 1e9) / 1e9,
    findings: { open, found },
  }
}

function percentiles(values: number[]): { p50: number; p95: number } | null {
  if (values.length === 0) return null
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
  return { p50: rank(0.5), p95: rank(0.95) }
}
