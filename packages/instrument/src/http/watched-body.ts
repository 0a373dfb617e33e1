import type { Exchange } from './exchange.ts'

/** The same body; the exchange ends with it, however that comes about. Reads nothing ahead. */
export function watched(body: ReadableStream<Uint8Array>, exchange: Exchange): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  return new ReadableStream(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read()
          if (!done) return controller.enqueue(value)
          exchange.end()
          controller.close()
        } catch (error) {
          exchange.broke(error)
          controller.error(error)
        }
      },
      cancel(reason) {
        exchange.abort()
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}
