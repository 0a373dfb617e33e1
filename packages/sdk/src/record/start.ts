import { setInterval, clearInterval } from 'node:timers'
import { ROOT_CONTEXT, context } from './context.ts'
import { attachToProcess } from './lifecycle.ts'
import { contextOfEnvironment } from './propagation.ts'
import { Recorder } from './recorder.ts'
import type { RecorderOptions } from './recorder.ts'

/** @internal */
export interface RecordingOptions extends RecorderOptions {
  /** Between two collections of metrics. */
  metricIntervalMs: number
  /** Flush when the process ends or gets a signal. */
  atExit: boolean
}

/** @internal */
export interface Recording {
  readonly recorder: Recorder
  /** Collects metrics and resolves when everything recorded so far is kept. */
  forceFlush(): Promise<void>
  /** As forceFlush; then nothing is recorded any more. */
  shutdown(): Promise<void>
}

/** A recorder for the whole process: it continues the trace that TRACEPARENT names, and collects metrics by itself. @internal */
export function startRecording({ metricIntervalMs, atExit, ...options }: RecordingOptions): Recording {
  const recorder = new Recorder(options)
  context.setRoot(contextOfEnvironment(process.env))
  const detach = atExit ? attachToProcess(recorder) : () => {}
  const timer = setInterval(() => void recorder.collect(), metricIntervalMs).unref()
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
