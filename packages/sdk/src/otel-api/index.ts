import type { LoggerProvider } from '@opentelemetry/api-logs'
import type { MeterProvider, TracerProvider } from '@opentelemetry/api'
import type { Recorder } from '../record/index.ts'
import { contextManager } from './context-manager.ts'
import { registerGlobally } from './global-api.ts'
import { propagator } from './propagator.ts'

/** The way back; undefined when nothing was registered. */
export type Unregister = (() => void) | undefined

/**
 * Makes the recorder the provider of @opentelemetry/api, 1.9 and later 1.x, so that libraries instrumented for OpenTelemetry record
 * through it; and of @opentelemetry/api-logs where that is there. Nothing happens when the packages are not installed, but on
 * Deno, which may not know them yet, or when another provider was there before.
 */
export async function registerOpenTelemetry(recorder: Recorder): Promise<Unregister> {
  const api = await loadApi()
  if (api === undefined) return 'Deno' in globalThis ? registerGlobally(recorder) : undefined
  const { trace, context, metrics, propagation } = api
  const tracers = { getTracer: recorder.tracer.bind(recorder) } as unknown as TracerProvider
  if (!trace.setGlobalTracerProvider(tracers)) return undefined
  context.setGlobalContextManager(contextManager)
  propagation.setGlobalPropagator(propagator)
  metrics.setGlobalMeterProvider({ getMeter: recorder.meter.bind(recorder) } as unknown as MeterProvider)
  const logs = await logsApi(api)
  logs?.setGlobalLoggerProvider({ getLogger: recorder.logger.bind(recorder) } as unknown as LoggerProvider)
  return () => {
    for (const part of [trace, context, propagation, metrics, logs]) part?.disable()
  }
}

// Within `try`, here and below: webpack then takes a package that is not there for one that need not be.
async function loadApi() {
  try {
    return await import('@opentelemetry/api')
  } catch {
    return undefined
  }
}

interface LogsApi {
  setGlobalLoggerProvider(provider: LoggerProvider): unknown
  disable(): void
}

/** A package of its own beside 1.9, a part of the API since 1.10. */
async function logsApi(api: object): Promise<LogsApi | undefined> {
  if ('logs' in api) return api.logs as LogsApi
  try {
    return (await import('@opentelemetry/api-logs')).logs as LogsApi
  } catch {
    return undefined
  }
}
