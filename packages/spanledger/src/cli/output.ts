import type { Sink } from './host.ts'

/** Standard output that takes a closed pipe (`| head`) as "enough", and a slow reader as a reason to wait. */
export interface Output {
  /** False once nobody reads any more. */
  write(text: string): Promise<boolean>
}

export function createOutput(sink: Sink): Output {
  let open = true
  sink.on?.('error', (error) => {
    if (error.code !== 'EPIPE') throw error
    open = false
  })
  return {
    async write(text) {
      if (!open) return false
      try {
        if (!sink.write(text) && sink.once !== undefined)
          await new Promise<void>((resolve) => void sink.once?.('drain', resolve))
      } catch (error) {
        if ((error as { code?: string }).code !== 'EPIPE') throw error
        open = false
      }
      return open
    },
  }
}
