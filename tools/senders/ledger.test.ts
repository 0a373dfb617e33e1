import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { send, type Spanledger, startSpanledger } from './program.ts'
import { expectLogs, expectMetrics, expectSpans } from './recorded.ts'
import { commandOf } from './sender.ts'
import { type Dialect, SERVICE, type Told } from './story.ts'

const EXPORTER = fileURLToPath(new URL('../../packages/export/dist/opentelemetry/index.js', import.meta.url))

let spanledger: Spanledger
beforeEach(async () => {
  spanledger = await startSpanledger()
})
afterEach(async () => spanledger?.stop())

const nanos = (milliseconds: number): bigint => BigInt(milliseconds) * 1_000_000n
const cases = (['js-2', 'js-3', 'bun'] as const).flatMap((toolchain) =>
  (['pipeline', 'exporters'] as const).map((by) => ({ toolchain, by })),
)
describe.each(cases)(
  "OpenTelemetry's own SDK ($toolchain) straight into the ledger by $by",
  ({ toolchain, by }) => {
    it('leaves what OTLP would have left', async ({ skip }) => {
      const command = commandOf(toolchain, skip)
      const before = nanos(Date.now())
      const { stdout, stderr } = await send(command, {
        LEDGER_EXPORTER: EXPORTER,
        LEDGER_BY: by,
        SPANLEDGER_HOME: spanledger.home,
        SENDER: SERVICE,
      })
      const after = nanos(Date.now() + 1)
      expect(stderr).toBe('')
      const told = JSON.parse(stdout) as Told
      const dialect: Dialect = {
        numbers: false,
        traceFlags: { spans: 1, logs: 1 },
        temporality: 'cumulative',
      }
      const isNow = (time: string): boolean => BigInt(time) >= before && BigInt(time) <= after
      await expectSpans(spanledger, told, dialect)
      await expectLogs(spanledger, told, dialect, isNow)
      await expectMetrics(spanledger, dialect, isNow)
      expect(await spanledger.ask('verify')).toMatchObject({ findings: [] })
    })
  },
)
