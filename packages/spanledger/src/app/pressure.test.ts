import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startDaemonProcess, type DaemonProcess } from './testing/daemon-process.ts'

const MEBIBYTE = 1024 * 1024
/**
 * Of the daemon whatever is sent at once: 330 MiB were measured, and 1,006 and 511 where bodies were not counted. The goal is 400 MB; a busy machine
 * collects later.
 */
const PEAK_BYTES_MAX = 450_000_000
const SPAN = JSON.stringify({
  resourceSpans: [
    {
      scopeSpans: [
        {
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: 'b7ad6b7169203331',
              name: 'x',
              startTimeUnixNano: '1763693000000000123',
              endTimeUnixNano: '1763693000000000124',
            },
          ],
        },
      ],
    },
  ],
})

const folder = mkdtempSync(join(tmpdir(), 'spanledger-pressure-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let daemon: DaemonProcess
let home = 0
beforeEach(async () => {
  daemon = await startDaemonProcess(join(folder, String(home++)))
})
afterEach(async () => {
  await daemon.end('SIGTERM')
})

const post = (body: Buffer | string, headers: Record<string, string> = {}): Promise<number | undefined> =>
  new Promise((resolve) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port: daemon.otlpHttpPort,
        path: '/v1/traces',
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        response.resume()
        response.once('close', () => resolve(response.statusCode))
      },
    )
    request.once('error', () => resolve(undefined))
    request.end(body)
  })

/** Linux keeps it; elsewhere only the answers are checked. */
const peakBytes = (): number =>
  process.platform === 'linux'
    ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${daemon.child.pid}/status`, 'utf8'))![1]) * 1024
    : 0

describe('the memory of a daemon', { timeout: 120_000 }, () => {
  it('is bounded when many small bodies inflate at once', async () => {
    const bomb = gzipSync(Buffer.alloc(63 * MEBIBYTE, ' '))
    const answers = await Promise.all(
      Array.from({ length: 24 }, () => post(bomb, { 'content-encoding': 'gzip' })),
    )
    // Blanks are no request: each was read to its end, in turn, or told to come again.
    expect(answers.filter((status) => status !== 400 && status !== 503)).toEqual([])
    expect(answers).toContain(400)
    expect(peakBytes()).toBeLessThan(PEAK_BYTES_MAX)
    expect(await post(SPAN)).toBe(200)
  })

  it('is bounded when a body comes byte by byte', async () => {
    const pieces = Buffer.from('1\r\nx\r\n'.repeat(10_000))
    const socket = net.connect(daemon.otlpHttpPort, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(
      'POST /v1/traces HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    for (let i = 0; i < 600; i++)
      if (!socket.write(pieces)) await new Promise((resolve) => socket.once('drain', resolve))
    await sleep(100)
    expect(peakBytes()).toBeLessThan(PEAK_BYTES_MAX)
    expect(await post(SPAN)).toBe(200)
    socket.destroy()
  })

  it('is bounded when large bodies come at once', async () => {
    const body = Buffer.alloc(60 * MEBIBYTE, ' ')
    const answers = await Promise.all(Array.from({ length: 64 }, () => post(body)))
    expect(answers).toContain(503)
    expect(peakBytes()).toBeLessThan(PEAK_BYTES_MAX)
    expect(await post(SPAN)).toBe(200)
  })
})
