import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { send, type Spanledger, startSpanledger } from './program.ts'
import { commandOf, environment, type Sender } from './sender.ts'

const PACKAGES = fileURLToPath(new URL('../../packages', import.meta.url))
const RUNTIMES = ['sdk-node', 'sdk-bun', 'sdk-deno'] as const
const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const

let spanledger: Spanledger
beforeEach(async () => {
  spanledger = await startSpanledger()
})
afterEach(async () => spanledger?.stop())

const SENDERS: Sender[] = RUNTIMES.flatMap((toolchain) =>
  PROTOCOLS.map((protocol): Sender => ({ toolchain, protocol, gzip: true })),
)
describe.each(SENDERS)("Spanledger's own SDK ($toolchain) over $protocol", (sender) => {
  it('is recorded whole', async ({ skip }) => {
    const env = { ...environment(spanledger, sender), PACKAGES, NO_COLOR: '1' }
    const { stdout, stderr } = await send(commandOf(sender.toolchain, skip), env)
    expect(stderr).toBe('')
    const taken = { exported: 1, failed: 0, dropped: 0 }
    expect(JSON.parse(stdout)).toEqual({ spans: taken, logs: taken, metrics: taken })
    const [trace] = (await spanledger.ask('traces', '--service', 'exported')).rows
    expect(trace).toMatchObject({ name: 'GET /orders', durationMs: 1000, spans: 1 })
    const { spans } = await spanledger.ask('trace', 'show', trace.traceId)
    expect(spans).toMatchObject([{ kind: 'server', attributes: { text: 'grüße', int: 42, list: ['a', 1] } }])
    expect((await spanledger.ask('logs')).rows).toMatchObject([
      { body: 'order placed', spanId: spans[0].spanId },
    ])
    expect((await spanledger.ask('metrics', 'orders')).rows).toMatchObject([
      { value: 7, temporality: 'cumulative' },
    ])
  })
})
