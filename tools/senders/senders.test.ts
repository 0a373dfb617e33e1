import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { expectAnswers } from './answers.ts'
import { send, type Spanledger, startSpanledger } from './program.ts'
import { expectLogs, expectMetrics, expectSpans } from './recorded.ts'
import { commandOf, environment, type Sender } from './sender.ts'
import { type Dialect, SERVICE, type Told } from './story.ts'

const SENDERS: Sender[] = [
  { toolchain: 'js-2', protocol: 'http/protobuf' },
  { toolchain: 'js-2', protocol: 'http/json', gzip: true, temporality: 'delta' },
  { toolchain: 'js-2', protocol: 'grpc' },
  { toolchain: 'js-3', protocol: 'http/protobuf', gzip: true },
  { toolchain: 'js-3', protocol: 'http/json' },
  { toolchain: 'js-3', protocol: 'grpc', temporality: 'delta' },
  { toolchain: 'bun', protocol: 'http/protobuf' },
  { toolchain: 'bun', protocol: 'http/json' },
  { toolchain: 'bun', protocol: 'grpc' },
  { toolchain: 'python', protocol: 'http/protobuf', gzip: true },
  { toolchain: 'python', protocol: 'grpc', temporality: 'delta' },
  { toolchain: 'go', protocol: 'http/protobuf', gzip: true },
  { toolchain: 'go', protocol: 'grpc' },
]

let spanledger: Spanledger
beforeEach(async () => {
  spanledger = await startSpanledger()
})
afterEach(async () => spanledger?.stop())

const nanos = (milliseconds: number): bigint => BigInt(milliseconds) * 1_000_000n
describe.each(SENDERS)('$toolchain over $protocol', (sender) => {
  it('is recorded whole and found again by every question', async ({ skip }) => {
    const command = commandOf(sender.toolchain, skip)
    const args = ['python', 'go'].includes(sender.toolchain)
      ? [sender.protocol === 'grpc' ? 'grpc' : 'http']
      : []
    const before = nanos(Date.now())
    const { stdout, stderr } = await send([...command, ...args], {
      ...environment(spanledger, sender),
      SENDER: SERVICE,
    })
    const after = nanos(Date.now() + 1)
    // Exporters tell a failure here, and the program still ends well.
    expect(stderr).toBe('')

    const told = JSON.parse(stdout) as Told
    const dialect: Dialect = {
      numbers: args.length > 0,
      traceFlags: sender.toolchain === 'python' ? { spans: 0, logs: 3 } : { spans: 1, logs: 1 },
      temporality: sender.temporality ?? 'cumulative',
    }
    const isNow = (time: string): boolean => BigInt(time) >= before && BigInt(time) <= after
    await expectSpans(spanledger, told, dialect)
    await expectLogs(spanledger, told, dialect, isNow)
    await expectMetrics(spanledger, dialect, isNow)
    await expectAnswers(spanledger, told, dialect)
    expect(await spanledger.ask('verify')).toMatchObject({ findings: [] })
  })
})
