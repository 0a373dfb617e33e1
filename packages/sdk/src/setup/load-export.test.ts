import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PartialConfig } from '../config/index.ts'
import { setUpRecording } from './set-up-recording.ts'

// As where only the SDK is installed; `npm run test:runtimes` does install it alone.
vi.mock('@spanledger/export/setup', () => {
  throw new Error('not here')
})

let home: string
let told: string[]
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-'))
  told = []
  vi.spyOn(process, 'emitWarning').mockImplementation((text) => void told.push(String(text)))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(home, { recursive: true })
})

async function recordAll(config: PartialConfig): Promise<string[]> {
  const recording = await setUpRecording({ home, atExit: false, config })
  recording!.recorder.tracer('t').startSpan('s').end()
  recording!.recorder.logger('t').info('l')
  await recording!.shutdown()
  return readdirSync(join(home, 'ledger'))
    .filter((kind) => readdirSync(join(home, 'ledger', kind)).length > 0)
    .toSorted()
}

test.each([
  ['otlp', { otlp: { endpoint: 'http://collector.example:4318' } }],
  ['console', { console: { enabled: true }, ledger: { enabled: false } }],
] satisfies [string, PartialConfig['exporters']][])(
  'what %s would have had is in the ledger, and the warning says what to install',
  async (name, exporters) => {
    expect(await recordAll({ exporters })).toEqual(['logs', 'spans'])
    expect(told).toEqual([expect.stringMatching(`^exporters.${name}: @spanledger/export, which does this, `)])
    expect(told[0]).toContain(home)
  },
)

test('signals that go nowhere still go nowhere', async () => {
  const exporters = { otlp: { endpoint: 'http://collector.example:4318' } }
  expect(await recordAll({ exporters, logs: { exporters: ['none'] } })).toEqual(['spans'])
})

test('what would have gone to the run is in the ledger, without a word', async () => {
  const resource = { 'spanledger.run.id': '0198' }
  expect(await recordAll({ resource, exporters: { otlp: { endpoint: 'http://127.0.0.1:4711' } } })).toEqual([
    'logs',
    'spans',
  ])
  expect(told).toEqual([])
})

test('a run whose programs send elsewhere hears of it', async () => {
  const resource = { 'spanledger.run.id': '0198' }
  await recordAll({ resource, exporters: { otlp: { endpoint: 'https://collector.example' } } })
  expect(told).toHaveLength(1)
})
