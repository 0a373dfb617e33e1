import { Buffer } from 'node:buffer'
import { clearInterval, setInterval } from 'node:timers'
import { nodePlatform } from '@spanledger/sdk/platform'
import { openLaneTransport } from './lane-transport.ts'
import type { LastErrand } from './send-now.ts'

/** Any time at all: what counts is that it is being waited for. */
const HOLD_MS = 1_000

// Run by send-now: sends what a process that ended had left, each request once, signal by signal.
const chunks: Buffer[] = []
for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
const { options, requests } = JSON.parse(Buffer.concat(chunks).toString()) as LastErrand

const platform = nodePlatform()
const transports = new Map(
  [...new Set(requests.map(({ signal }) => signal))].map((signal) => [
    signal,
    openLaneTransport(platform, signal, options, options.environment ?? process.env, () => {})?.transport,
  ]),
)
// The transports let go of the event loop, as befits a guest; here there is nothing else, and the process would end before an answer.
const hold = setInterval(() => {}, HOLD_MS)
const answered: boolean[] = requests.map(() => false)
await Promise.all(
  [...transports].map(async ([signal, transport]) => {
    for (const [index, { base64, ...request }] of requests.entries()) {
      if (request.signal !== signal) continue
      const outcome = await transport?.send({ ...request, bytes: Buffer.from(base64, 'base64') })
      // Whoever does not answer once is not asked again: the rest is kept, where there is a spool.
      if (outcome === undefined || outcome.kind === 'unavailable') break
      answered[index] = true
    }
    transport?.close()
  }),
)
clearInterval(hold)
process.stdout.write(JSON.stringify(answered))
