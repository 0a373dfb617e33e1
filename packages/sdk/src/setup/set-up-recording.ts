import { homedir } from 'node:os'
import { readConfigFile, resolveConfig } from '../config/index.ts'
import type { PartialConfig, SdkConfig } from '../config/index.ts'
import { uuidv7 } from '../platform/index.ts'
import {
  detectResource,
  LedgerProcessor,
  recordConsole,
  reportOnce,
  startRecording,
} from '../record/index.ts'
import type { Attributes, Processor, Recording, Sampler } from '../record/index.ts'
import { backgroundPlatform } from './background-platform.ts'
import { redactorOf, reportWarning } from './open-ledger.ts'
import { openProcessors } from './processors.ts'
import type { ProcessorHost } from './processors.ts'
import { recorderSettings } from './recorder-settings.ts'

/** What a program says when it starts recording: before every variable and file. */
export interface StartOptions {
  /** Any setting, as under `telemetry:` in config.yaml; durations are milliseconds, sizes bytes. */
  config?: PartialConfig
  /** `service.name` */
  serviceName?: string
  /** `exporters.ledger.home` */
  home?: string
  level?: SdkConfig['level']
  /** Attributes of the resource, of any kind. */
  attributes?: Attributes
  /** A sampler of one's own, instead of `sampling`. */
  sampler?: Sampler
  /** Where records go, instead of `exporters`. */
  processors?: (host: ProcessorHost & { ledger(): Processor }) => readonly Processor[]
  /** Flush when the process ends or gets a signal; true. */
  atExit?: boolean
}

/**
 * Decides what is recorded and where to, and starts it. What cannot be used is told once, as a warning of the process.
 *
 * Undefined when recording is switched off. Errors: none, whatever the configuration is.
 */
export async function setUpRecording(options: StartOptions): Promise<Recording | undefined> {
  const report = reportOnce()
  const { config, warnings } = resolveConfig({
    code: codeOf(options),
    env: environment(),
    cwd: process.cwd(),
    readFile: readConfigFile,
  })
  warnings.forEach(reportWarning(report))
  if (!config.enabled) return undefined
  const platform = backgroundPlatform()
  const settings = recorderSettings(config)
  const resource = detectResource({
    folder: process.cwd(),
    instanceId: uuidv7(platform),
    serviceName: config.service.name,
    configured: { ...config.resource, 'service.version': config.service.version },
    attributes: options.attributes,
  })
  const host = { platform, resource, report, redactor: redactorOf(config.exporters.ledger.home, report) }
  const ledger = (): Processor =>
    new LedgerProcessor({ ...host, home: config.exporters.ledger.home ?? process.cwd() })
  const recording = startRecording({
    ...settings,
    ...(options.sampler && { sampler: options.sampler }),
    platform,
    resource,
    processors: options.processors?.({ ...host, ledger }) ?? (await openProcessors(config, host)),
    atExit: options.atExit ?? true,
  })
  return config.logs.console === 'ignore' ? recording : withConsole(recording, config.logs.console)
}

/** What is printed is recorded too, or instead, until the end. */
function withConsole(recording: Recording, how: 'capture' | 'replace'): Recording {
  const logger = recording.recorder.logger('console')
  const putBack = recordConsole(globalThis.console, () => logger, how === 'capture')
  return {
    ...recording,
    shutdown() {
      putBack()
      return recording.shutdown()
    },
  }
}

/** With a HOME where a service manager gives none: the user's own, as the system knows it. */
function environment(): Readonly<Record<string, string | undefined>> {
  const { env } = process
  return env['HOME'] || env['USERPROFILE'] ? env : { ...env, HOME: homedir() }
}

/** The short names, over the same settings in `config`. */
function codeOf({ config, serviceName, home, level }: StartOptions): PartialConfig {
  return {
    ...config,
    ...(level !== undefined && { level }),
    service: { ...config?.service, ...(serviceName !== undefined && { name: serviceName }) },
    exporters: {
      ...config?.exporters,
      ledger: { ...config?.exporters?.ledger, ...(home !== undefined && { home }) },
    },
  }
}
