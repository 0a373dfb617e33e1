import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startHttpCollector } from '../../../export/src/testing/collector.ts'
import type { Collector } from '../../../export/src/testing/collector.ts'
import { EVERYTHING, namesIn, preloading, REGISTER, sendFromProgram } from './testing/run-program.ts'

let home: string
let collector: Collector
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-'))
  collector = await startHttpCollector()
})
afterEach(async () => {
  await collector.close()
  rmSync(home, { recursive: true })
})

const run = (how: string, env: Record<string, string> = {}) =>
  sendFromProgram(preloading(REGISTER), how, {
    // Deno and Bun keep files of their own there.
    HOME: process.env['HOME'] ?? '',
    SPANLEDGER_HOME: home,
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    ...env,
  })
const received = (): string[] => namesIn(collector.received)

describe('what waits for a collector when a process ends', () => {
  test.each([
    ['end', 0],
    ['exit', 3],
    ['throw', 1],
    ['term', 'SIGTERM'],
  ])('by %s is sent, and the process ends as it would have', async (how, status) => {
    expect(await run(how)).toMatchObject({ status })
    expect(received()).toEqual(expect.arrayContaining(EVERYTHING))
    expect(readdirSync(home)).toEqual([])
  })

  test('is kept in the spool where the collector is away, and sent by the next process', async () => {
    const env = { SPANLEDGER_SPOOL_ENABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }
    await collector.close()
    expect(await run('exit', env)).toMatchObject({ status: 3 })
    collector = await startHttpCollector(undefined, collector.port)
    expect(await run('end', env)).toMatchObject({ status: 0 })
    const names = received()
    for (const name of EVERYTHING) expect(names.filter((one) => one === name).length).toBeGreaterThan(1)
  })

  test.each([
    ['exit', 3],
    ['term', 'SIGTERM'],
  ])('and is dropped there without a spool, is told when it ends by %s', async (how, status) => {
    await collector.close()
    const ran = await run(how)
    expect(ran).toMatchObject({ status })
    expect(ran.err).toMatch(/SpanledgerExportWarning: \d+ spans dropped: the process ended before/)
    collector = await startHttpCollector()
  })

  test('and is dropped there without a spool, is not told where nobody listens', async ({ skip }) => {
    if ('deno' in process.versions) skip('Deno tells warnings always')
    await collector.close()
    expect(await run('exit', { NODE_NO_WARNINGS: '1' })).toEqual({ status: 3, err: '' })
    collector = await startHttpCollector()
  })

  test('is given up within the bound where a collector does not answer, and nothing is left behind', async () => {
    await collector.close()
    collector = await startHttpCollector(() => {})
    expect(await run('exit', { SPANLEDGER_SHUTDOWN_TIMEOUT: '300ms' })).toMatchObject({ status: 3 })
    expect(readdirSync(home)).toEqual([])
  })
})
