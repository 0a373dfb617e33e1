// The transcoder alone, in memory, on one core, redaction on.
import { createTranscoder } from '../packages/spanledger/dist/otlp/index.js'
import { createRedactor } from '../packages/sdk/dist/redact/index.js'
import { count, median } from './lib.mjs'
import { createWorkload } from './dist/otlp/testing/workload.js'

const SPANS = 512
const REQUESTS = 32
const ROUNDS = 7
const ROUND_MS = 1_000

export async function run() {
  const rows = []
  for (const encoding of ['protobuf', 'json']) {
    const next = createWorkload('traces', { records: SPANS })
    const bodies = Array.from({ length: REQUESTS }, () => next()[encoding])
    const transcoder = createTranscoder({ redactor: createRedactor({}) })
    const rates = []
    for (let round = 0; round < ROUNDS; round++) {
      const started = performance.now()
      let spans = 0
      while (performance.now() - started < ROUND_MS) {
        for (const body of bodies) spans += transcoder[encoding]('traces', body).accepted
      }
      if (round > 0) rates.push(spans / ((performance.now() - started) / 1000))
    }
    rows.push({
      what: `transcoder alone, ${encoding}, one core`,
      value: `${count(median(rates))} spans/s (${count(Math.min(...rates))} to ${count(Math.max(...rates))})`,
      goal: encoding === 'protobuf' ? '500,000' : 'published',
    })
  }
  return rows
}
