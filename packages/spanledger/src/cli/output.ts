import type { Sink } from './host.ts'

/** Standard output that takes a closed pipe (`| head`) as "enough", and a slow reader as a reason to wait. */
export interface Output {
  /** False once nobody reads any more. */
  write(text: string): Promise<boolean>
}

export function createOutput(sink: Sink): Output {
  let open = true
  let wake: (() => void) | undefined
  const fail = (error: Error & { code?: string }): void => {
    if (error.code !== 'EPIPE') throw error
    open = false
    // A pipe that is closed never drains.
    wake?.()
  }
  sink.on?.('error', fail)
  return {
    async write(text) {
      if (!open) return false
      try {
        if (sink.write(text) || sink.once === undefined) return open
      } catch (error) {
        fail(error as Error)
        return open
      }
      await new Promise<void>((resolve) => {
        wake = resolve
        sink.once?.('drain', resolve)
      })
      return open
    },
  }
}
