/* oxlint-disable no-useless-concat -- made-up keys are put together here so that no scanner finds one in the repository */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startHttpCollector } from '../../../export/src/testing/collector.ts'
import type { PartialConfig } from '../config/index.ts'
import type { Recording } from '../record/index.ts'
import { setUpRecording } from './set-up-recording.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-'))
})
afterEach(() => rmSync(home, { recursive: true }))

const SECRET = 'hunter2!'
const KEY = 'sk-' + 'ant-api03-a1B2c3D4e5F6g7H8'

async function record(config: PartialConfig): Promise<void> {
  const recording = (await setUpRecording({
    home,
    atExit: false,
    config,
    attributes: { 'app.token': SECRET },
  })) as Recording
  const { recorder } = recording
  const span = recorder
    .tracer('t', `password=${SECRET}`)
    .startSpan(`deploy --password ${SECRET}`, { attributes: { 'db.password': SECRET, note: `key ${KEY}` } })
  span.addEvent('asked', { args: ['--password', SECRET] })
  span.recordException(new Error(`postgres://app:${SECRET}@db/shop`))
  span.setStatus('error', `TICKET-7 password=${SECRET}`).end()
  recorder.logger('t').info(`password=${SECRET}`, { deep: { secret: SECRET, list: [KEY] } })
  recorder.meter('t').createCounter('c', { description: KEY }).add(1, { api_key: SECRET })
  await recording.shutdown()
}

const textIn = (folder: string): string =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'latin1'))
    .join('')
const inLedger = (): string => textIn(join(home, 'ledger'))
const has = (text: string): boolean[] => [SECRET, KEY].map((secret) => text.includes(secret))

describe('what the SDK writes into the ledger by itself', () => {
  test('holds no secret, and says where one stood', async () => {
    await record({})
    expect(has(inLedger())).toEqual([false, false])
    for (const rule of ['sensitive-key', 'anthropic-key', 'connection-string', 'assignment'])
      expect(inLedger()).toContain(`[redacted:${rule}]`)
    expect(inLedger()).toContain('"note":"key [redacted:anthropic-key]"')
  })

  test("obeys the home's file, as the daemon does", async () => {
    writeFileSync(
      join(home, 'config.yaml'),
      "redaction:\n  patterns:\n    - { name: ticket, regex: 'TICKET-\\d+' }\n  allow: [anthropic-key]\n",
    )
    await record({})
    expect(has(inLedger())).toEqual([false, true])
    expect(inLedger()).toContain('"message":"[redacted:ticket] password=[redacted:assignment]"')
  })

  test('is left as it is where the file says so', async () => {
    writeFileSync(join(home, 'config.yaml'), 'redaction: { enabled: false }\n')
    await record({})
    expect(has(inLedger())).toEqual([true, true])
  })
})

describe('what is sent elsewhere', () => {
  test.each([
    [true, [false, false]],
    [false, [true, true]],
  ])('with redact: %s holds secrets: %s', async (redact, expected) => {
    const collector = await startHttpCollector()
    await record({ exporters: { otlp: { endpoint: collector.url, redact } } })
    await collector.close()
    expect(collector.received.length).toBeGreaterThan(0)
    expect(has(collector.received.map(({ body }) => body.toString('latin1')).join(''))).toEqual(expected)
  })

  test('holds none in the spool either', async () => {
    const collector = await startHttpCollector()
    await collector.close()
    await record({ exporters: { otlp: { endpoint: collector.url } }, spool: { enabled: true } })
    expect(has(textIn(join(home, 'spool')))).toEqual([false, false])
    expect(textIn(join(home, 'spool'))).toContain('[redacted:anthropic-key]')
  })
})
