import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startHttpCollector } from '../../../export/src/testing/collector.ts'
import type { Collector } from '../../../export/src/testing/collector.ts'
import { EVERYTHING, namesIn, preloading, REGISTER, sendFromProgram } from './testing/run-program.ts'

let home: string
let folder: string
let collector: Collector
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'spanledger-'))
  // Deno finds packages only for programs in this project.
  folder = mkdtempSync(join(REGISTER, '../program-'))
  collector = await startHttpCollector()
})
afterEach(async () => {
  await collector.close()
  rmSync(home, { recursive: true })
  rmSync(folder, { recursive: true })
})

const run = (
  how: string,
  env: Record<string, string> = {},
  program?: string,
  command = preloading(REGISTER),
) =>
  sendFromProgram(
    command,
    how,
    {
      // Deno and Bun keep files of their own there.
      HOME: process.env['HOME'] ?? '',
      SPANLEDGER_HOME: home,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      ...env,
    },
    program,
  )
const LIFECYCLE = join(REGISTER, '../../record/lifecycle.js')
/** A program of one's own, which has the SDK as `sdk`. */
const runText = (text: string, env: Record<string, string> = {}, command?: string[]) => {
  const program = join(folder, 'program.mjs')
  writeFileSync(program, `const sdk = await import(process.env.SPANLEDGER_SDK)\n${text}\n`)
  return run('', env, program, command)
}
const SERVER = `
  const server = (await import('node:http')).createServer().listen(0)
  process.on('SIGTERM', () => server.close())
  setTimeout(() => process.kill(process.pid, 'SIGTERM'), 50)`
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

  test.each([
    ['the end', ''],
    ['a flush before it', 'await sdk.forceFlush()'],
    ['a shutdown', 'await sdk.shutdown()'],
    ['a signal that the host handles', SERVER],
  ])('is waited for once where a collector hangs, over all of %s', async (_, text) => {
    await collector.close()
    collector = await startHttpCollector(() => {})
    const begin = performance.now()
    const ran = await runText(`sdk.record('a', () => {})\n${text}`, { SPANLEDGER_SHUTDOWN_TIMEOUT: '2500ms' })
    // One bound and a start; two bounds in a row would take longer.
    expect(performance.now() - begin).toBeLessThan(4_900)
    expect(ran).toMatchObject({ status: 0 })
    expect(ran.err).toContain('1 spans dropped')
  })

  test('is kept in the spool where a collector hangs, all of it and each once', async () => {
    const env = { SPANLEDGER_SPOOL_ENABLED: 'true', SPANLEDGER_SHUTDOWN_TIMEOUT: '500ms' }
    await collector.close()
    collector = await startHttpCollector(() => {})
    const { port } = collector
    const text = "for (let i = 0; i < 1_500; i++) sdk.record('span ' + i, () => {})"
    expect(await runText(text, env)).toMatchObject({ status: 0 })
    await collector.close()
    collector = await startHttpCollector(undefined, port)
    expect(await runText("sdk.record('next', () => {})", env)).toMatchObject({ status: 0 })
    const names = received().filter((name) => name.startsWith('span'))
    expect(names).toHaveLength(1_500)
    expect(new Set(names).size).toBe(1_500)
  })

  test('is given up within the bound where a collector does not answer, and nothing is left behind', async () => {
    await collector.close()
    collector = await startHttpCollector(() => {})
    expect(await run('exit', { SPANLEDGER_SHUTDOWN_TIMEOUT: '300ms' })).toMatchObject({ status: 3 })
    expect(readdirSync(home)).toEqual([])
  })
})

describe('a signal', () => {
  test('is left to the host, whose listener was there first and listens once', async ({ skip }) => {
    if ('deno' in process.versions) skip('Deno calls the first listener first, which is gone then')
    const text = `
      process.once('SIGTERM', () => setTimeout(() => process.exit(7), 100))
      await sdk.start()
      sdk.record('served', () => {})
      setInterval(() => {}, 1_000)
      process.kill(process.pid, 'SIGTERM')`
    expect(await runText(text, {}, preloading(REGISTER).slice(0, -2))).toMatchObject({ status: 7 })
    expect(received()).toContain('served')
  })

  test('to which only copies of the SDK listen ends the process, and each saves what it has', async () => {
    const text = `
      const { attachToProcess } = await import(${JSON.stringify(LIFECYCLE)})
      const { writeSync } = await import('node:fs')
      for (const name of ['one', 'two'])
        attachToProcess({ flushSync: () => writeSync(2, name), forceFlush() {}, shutdown() {} })
      setInterval(() => {}, 1_000)
      process.kill(process.pid, 'SIGTERM')`
    const { status, err } = await runText(text, {}, preloading(REGISTER).slice(0, -2))
    expect(status).toBe('SIGTERM')
    expect(err).toMatch(/one.*two|two.*one/)
  })
})

test('an exception that the host handles ends nothing: recording goes on, and nobody is held up', async () => {
  await collector.close()
  collector = await startHttpCollector((response) => setTimeout(() => response.end(), 1_500))
  const text = `
    process.on('uncaughtException', () => {
      sdk.record('handled', () => {})
      setTimeout(() => process.exit(performance.now() - begin < 1_000 ? 0 : 1), 1)
    })
    sdk.record('before', () => {})
    const begin = performance.now()
    throw new Error('handled')`
  expect(await runText(text, { SPANLEDGER_SHUTDOWN_TIMEOUT: '10s' })).toMatchObject({ status: 0 })
  expect(received()).toEqual(['before', 'handled'])
})

describe('what is recorded while a process ends by itself', () => {
  const names = ['first', 'round 1', 'after 1', 'round 2', 'after 2', 'round 3', 'after 3', 'exit']
  const text = `
    let round = 0
    process.on('exit', () => sdk.record('exit', () => {}))
    process.on('beforeExit', () => {
      if (++round > 3) return
      const now = round
      sdk.record('round ' + now, () => {})
      setTimeout(() => sdk.record('after ' + now, () => {}), 50)
    })
    await sdk.start()
    sdk.record('first', () => {})`
  const command = preloading(REGISTER).slice(0, -2)

  test('is sent, once', async () => {
    expect(await runText(text, {}, command)).toEqual({ status: 0, err: '' })
    expect(received().toSorted()).toEqual(names.toSorted())
  })

  test('is in the ledger, and nobody is left in it as running', async () => {
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: '', OTEL_EXPORTER_OTLP_PROTOCOL: '' }
    expect(await runText(text, env, command)).toEqual({ status: 0, err: '' })
    const spans = join(home, 'ledger/spans')
    const lines = readdirSync(spans)
      .map((name) => readFileSync(join(spans, name), 'utf8'))
      .join('')
    for (const name of names) expect(lines).toContain(`"name":"${name}"`)
    expect(readdirSync(join(home, 'run'))).toEqual([])
  })
})
