import { telemetryOf } from '../operation.ts'
import { whileLive } from '../while-live.ts'

/** An agent's work takes minutes: OpenTelemetry's default bounds end at seconds. */
const EXECUTION_BOUNDS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1_800, 3_600]

/** What agents are measured with. The names are those dashboards of agent orchestrators ask for. */
export const agentTelemetry = whileLive((live) => {
  const telemetry = telemetryOf(live, 'agent')
  const { meter } = telemetry
  return {
    ...telemetry,
    agents: meter.createUpDownCounter('agents_total', {
      unit: '{agent}',
      valueType: 'int',
      description: 'Agents, by type and present state.',
    }),
    execution: meter.createHistogram('agent_execution_seconds', {
      unit: 's',
      description: 'How long agents ran, by type and the state they ended in.',
      advice: { explicitBucketBoundaries: EXECUTION_BOUNDS },
    }),
    tokens: meter.createCounter('tokens_total', {
      unit: '{token}',
      valueType: 'int',
      description: 'Tokens, by model and direction.',
    }),
    errors: meter.createCounter('errors_total', {
      unit: '{error}',
      valueType: 'int',
      description: 'What failed: agents, tool calls and model calls.',
    }),
    successRate: meter.createGauge('agent_success_rate', {
      unit: '1',
      description: 'Completed among the ended agents of this process, by type.',
    }),
    /** Agents that ended since recording began, by type. */
    ended: new Map<string, { completed: number; all: number }>(),
  }
})

/** Types of agents that are told apart in the success rate; further ones are not told. */
const TYPES_MAX = 100

export function countEnd(type: string, completed: boolean): void {
  const telemetry = agentTelemetry()
  if (telemetry === undefined) return
  const found = telemetry.ended.get(type) ?? { completed: 0, all: 0 }
  found.all++
  if (completed) found.completed++
  if (telemetry.ended.size >= TYPES_MAX && !telemetry.ended.has(type)) return
  telemetry.ended.set(type, found)
  telemetry.successRate.record(found.completed / found.all, { type })
}
