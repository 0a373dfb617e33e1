import { whileLive } from '../while-live.ts'

/** Source: semantic conventions, "MCP metrics". */
const BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

export const mcpTelemetry = whileLive(({ recorder, context, extract, inject }) => {
  const meter = recorder.meter('@spanledger/instrument/mcp')
  const duration = (side: string) =>
    meter.createHistogram(`mcp.${side}.operation.duration`, {
      unit: 's',
      description: `Duration of MCP requests, as the ${side} sees them.`,
      advice: { explicitBucketBoundaries: BOUNDS },
    })
  return {
    context,
    extract,
    inject,
    clock: recorder.clock,
    tracer: recorder.tracer('@spanledger/instrument/mcp'),
    durations: { client: duration('client'), server: duration('server') },
  }
})

export type McpTelemetry = NonNullable<ReturnType<typeof mcpTelemetry>>
