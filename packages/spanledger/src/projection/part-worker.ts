import { parentPort, workerData } from 'node:worker_threads'
import type { PartAnswered, PartAsked } from './part-folder.ts'
import { priceTable, type Price } from './prices.ts'
import { partOf } from './session-part.ts'

const prices = priceTable(...(workerData as Price[][]))

parentPort!.on('message', ({ number, session, lines }: PartAsked) => {
  const part = partOf(session, Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength), prices)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort!.postMessage({ number, part } satisfies PartAnswered)
})
