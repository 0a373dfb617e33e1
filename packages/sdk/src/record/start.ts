import process from 'node:process'
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers'
import { nodePlatform, uuidv7 } from '../platform/index.ts'
import type { Platform } from '../platform/index.ts'
import type { Attributes } from './attributes.ts'
import { ROOT_CONTEXT, context } from './context.ts'
import type { Resource } from './data.ts'
import type { Processor } from './exporter.ts'
import { LedgerProcessor } from './ledger/ledger-processor.ts'
import { attachToProcess } from './lifecycle.ts'
import { contextOfEnvironment } from './propagation.ts'
import { Recorder } from './recorder.ts'
import { reportOnce } from './report.ts'
import type { Report } from './report.ts'
import { detectResource } from './resource/detect.ts'
import { resolveSettings } from './settings.ts'
import type { Settings } from './settings.ts'

export interface StartOptions extends Settings {
  /** Of the resource; before OTEL_RESOURCE_ATTRIBUTES and what is detected. */
  attributes?: Attributes
  /** Where records go instead of the ledger in `home`. */
  processors?: (host: ProcessorHost) => readonly Processor[]
  /** Flush when the process ends or gets a signal; true. */
  atExit?: boolean
}

/** What processors are made with. */
export interface ProcessorHost {
  platform: Platform
  resource: Resource
  report: Report
  /** The processor that writes into the ledger, to have it beside others. */
  ledger(): Processor
}

export interface Recording {
  readonly recorder: Recorder
  /** Collects metrics and resolves when everything recorded so far is kept. */
  forceFlush(): Promise<void>
  /** As forceFlush; then nothing is recorded any more. */
  shutdown(): Promise<void>
}

/** Undefined when OTEL_SDK_DISABLED says so. Errors: none, whatever the environment is. */
export function startRecording(options: StartOptions = {}): Recording | undefined {
  const { env } = process
  const report = reportOnce()
  const settings = resolveSettings(options, env, report)
  if (settings.disabled) return undefined
  const platform = backgroundPlatform()
  const resource = detectResource({
    env,
    folder: process.cwd(),
    serviceName: settings.serviceName,
    instanceId: uuidv7(platform),
    attributes: options.attributes,
    limits: settings.limits,
  })
  const ledger = (): Processor => new LedgerProcessor({ platform, resource, home: settings.home, report })
  const processors = options.processors?.({ platform, resource, report, ledger }) ?? [ledger()]
  const recorder = new Recorder({ ...settings, platform, resource, processors })
  context.setRoot(contextOfEnvironment(env))
  const detach = options.atExit === false ? () => {} : attachToProcess(recorder)
  const timer = setInterval(() => void recorder.collect(), settings.metricIntervalMs).unref()
  return {
    recorder,
    forceFlush: () => recorder.forceFlush(),
    async shutdown() {
      clearInterval(timer)
      await recorder.shutdown()
      detach()
      context.setRoot(ROOT_CONTEXT)
    },
  }
}

const sleep: Platform['clock']['sleep'] = (ms, signal) =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    // A signal lives as long as recording does: what each sleep left on it would add up.
    const done = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms).unref()
    signal?.addEventListener('abort', done)
  })

/** The machine itself, but no sleep in it keeps the process alive. */
function backgroundPlatform(): Platform {
  const platform = nodePlatform()
  return { ...platform, clock: { ...platform.clock, sleep } }
}
