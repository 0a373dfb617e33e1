import type { Sink } from './host.ts'

/** Standard output that takes a closed pipe (`| head`) as "enough", and a slow reader as a reason to wait. */
export interface Output {
  /**
   * False once nobody reads any more.
   *
   * Errors  those of where it goes, such as a full disk; also ones that came after the write before
   */
  write(text: string): Promise<boolean>
}

export function createOutput(sink: Sink): Output {
  let open = true
  let failure: Error | undefined
  let wake: (() => void) | undefined
  const fail = (error: Error & { code?: string }): void => {
    if (error.code === 'EPIPE') open = false
    else failure ??= error
    // A pipe that is closed never drains.
    wake?.()
  }
  sink.on?.('error', fail)
  return {
    async write(text) {
      let drained = true
      try {
        if (open && failure === undefined) drained = sink.write(text)
      } catch (error) {
        fail(error as Error)
      }
      if (!drained && open && failure === undefined && sink.once !== undefined)
        await new Promise<void>((resolve) => {
          wake = resolve
          sink.once?.('drain', resolve)
        })
      if (failure !== undefined) throw failure
      return open
    },
  }
}
