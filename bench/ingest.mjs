// Spans a second into the ledger, acknowledged; sender and receiver share the machine's cores.
import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { count, median, root, startDaemon, tempHome } from './lib.mjs'

const exec = promisify(execFile)
const ROUNDS = 3
const SECONDS = 4

export async function run() {
  const rows = []
  for (const protocol of ['http/protobuf', 'http/json', 'grpc']) {
    const rates = []
    let peak
    let bytesPerSpan
    for (let round = 0; round < ROUNDS; round++) {
      const { home, remove } = tempHome()
      const daemon = await startDaemon(home)
      const port = protocol === 'grpc' ? daemon.otlpGrpcPort : daemon.otlpHttpPort
      const options = JSON.stringify({ port, protocol, seconds: SECONDS, connections: 4 })
      const { stdout } = await exec(process.execPath, [join(root, 'bench/sender.mjs'), options])
      const { spans, seconds } = JSON.parse(stdout)
      rates.push(spans / seconds)
      peak = Math.max(peak ?? 0, daemon.memory()?.peak ?? 0)
      await daemon.stop()
      bytesPerSpan = sizeOf(join(home, 'ledger/spans')) / (spans + 8 * 512)
      remove()
    }
    rows.push({
      what: `ingest over ${protocol}, 512 spans a request`,
      value: `${count(median(rates))} spans/s (${rates.map(count).join(', ')})`,
      goal: protocol === 'http/protobuf' ? '150,000, aim 300,000' : 'published',
    })
    if (protocol === 'http/protobuf') {
      rows.push({
        what: 'memory of the daemon under that load, peak',
        value: `${peak} MiB`,
        goal: 'below 300 MB',
      })
      rows.push({
        what: 'a span in the ledger, definitions and headers included',
        value: `${bytesPerSpan.toFixed(0)} bytes`,
        goal: 'at most 500',
      })
    }
  }
  return rows
}

function sizeOf(folder) {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
