// Importing transcripts, beside JSON.parse of the same lines in the same process: sessions as Claude Code and Codex write them, with tools' output
// as large as it is in real ones.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHome } from '../packages/sdk/dist/ledger/index.js'
import { nodePlatform } from '../packages/sdk/dist/platform/index.js'
import { openEventStore } from '../packages/sdk/dist/store/index.js'
import { createRedactor } from '../packages/sdk/dist/redact/index.js'
import { importTranscript, transcriptsAt } from '../packages/spanledger/dist/transcripts/index.js'
import { median, tempHome } from './lib.mjs'

const ROUNDS = 3
const TURNS = 4_000
const OUTPUT = 'src/cart/total.ts:42: const total = items.reduce((sum, item) => sum + item.price, 0)\n'

export async function run() {
  const results = []
  for (const [agent, path, write] of [
    ['Claude Code', '.claude/projects/-work-shop/bench.jsonl', claude],
    ['Codex', '.codex/sessions/2026/11/21/rollout-2026-11-21T09-00-00-bench.jsonl', codex],
  ]) {
    const text = write()
    const [rates, parsed] = [[], []]
    for (let round = 0; round < ROUNDS; round++) {
      rates.push(await importRate(path, text))
      parsed.push(parseRate(text))
    }
    results.push({
      what: `a transcript of ${agent} imported, ${(Buffer.byteLength(text) / 1e6).toFixed(0)} MB; beside JSON.parse of its lines`,
      value: `${median(rates).toFixed(0)} MB/s of CPU (${rates.map((rate) => rate.toFixed(0)).join(', ')}); ${median(parsed).toFixed(0)} MB/s`,
      goal: '50 MB/s',
    })
  }
  return results
}

const cpuSeconds = (since) => {
  const { user, system } = process.cpuUsage(since)
  return (user + system) / 1e6
}

/** By CPU, so that other work on the machine does not count; the disk's share is the events' alone. */
async function importRate(path, text) {
  const { home, remove } = tempHome()
  const file = join(home, 'user', path)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
  const platform = nodePlatform()
  const events = await openEventStore(platform, await openHome(platform, home))
  const [transcript] = await transcriptsAt(platform, file, { home: join(home, 'user'), env: {} })
  const since = process.cpuUsage()
  const { badLines, events: told } = await importTranscript(transcript, {
    platform,
    events,
    redactor: createRedactor({}),
    keep: () => Promise.resolve(),
  })
  const rate = transcript.bytes / 1e6 / cpuSeconds(since)
  await events.close()
  remove()
  if (badLines > 0 || told < 2 * TURNS) throw new Error(`${badLines} bad lines, ${told} events`)
  return rate
}

function parseRate(text) {
  const bytes = Buffer.from(text)
  const since = process.cpuUsage()
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at)
    JSON.parse(bytes.toString('utf8', at, end))
    at = end + 1
  }
  return bytes.length / 1e6 / cpuSeconds(since)
}

const at = (ms) => new Date(Date.UTC(2026, 10, 21, 9) + ms).toISOString()
const lines = (all) => all.map((line) => `${JSON.stringify(line)}\n`).join('')
/** From 1 to 32 kB, most of them small. */
const output = (n) => OUTPUT.repeat(12 + ((n * 7919) % 19) ** 2)

function claude() {
  const head = {
    sessionId: 'bench',
    version: '2.1.197',
    cwd: '/work/shop',
    gitBranch: 'main',
    isSidechain: false,
  }
  const all = []
  for (let n = 0; n < TURNS; n++) {
    const usage = {
      input_tokens: 3,
      cache_read_input_tokens: 40_000 + n,
      cache_creation_input_tokens: 900,
      output_tokens: 200 + n,
    }
    const content = [
      {
        type: 'tool_use',
        id: `toolu_${n}`,
        name: 'Bash',
        input: { command: `rg -n total src | head -${n}` },
      },
    ]
    const message = { id: `msg_${n}`, model: 'claude-opus-4-8', content, stop_reason: 'tool_use', usage }
    all.push({
      ...head,
      message,
      requestId: `req_${n}`,
      type: 'assistant',
      uuid: `a${n}`,
      timestamp: at(n * 1_000),
    })
    const stdout = output(n)
    const result = [
      { type: 'tool_result', tool_use_id: `toolu_${n}`, content: stdout, is_error: n % 7 === 0 },
    ]
    all.push({
      ...head,
      type: 'user',
      message: { content: result },
      uuid: `u${n}`,
      timestamp: at(n * 1_000 + 400),
      toolUseResult: { stdout },
    })
  }
  return lines(all)
}

function codex() {
  const all = [
    {
      timestamp: at(0),
      ordinal: 0,
      type: 'session_meta',
      payload: { id: 'bench', cwd: '/work/shop', cli_version: '0.169.0' },
    },
  ]
  const add = (ms, type, payload) => all.push({ timestamp: at(ms), ordinal: all.length, type, payload })
  for (let n = 0; n < TURNS; n++) {
    const [ms, call_id] = [n * 1_000, `call_${n}`]
    const usage = {
      input_tokens: 40_000 + n,
      cached_input_tokens: 39_000,
      output_tokens: 200 + n,
      reasoning_output_tokens: 64,
    }
    add(ms, 'response_item', { type: 'reasoning', encrypted_content: OUTPUT.repeat(20) })
    add(ms, 'response_item', {
      type: 'function_call',
      name: 'exec_command',
      arguments: `{"cmd":"rg -n total | head -${n}"}`,
      call_id,
    })
    add(ms + 1, 'token_usage_record', { response_id: `resp_${n}`, usage })
    add(ms + 300, 'response_item', {
      type: 'function_call_output',
      call_id,
      output: `Process exited with code 0\n${output(n)}`,
    })
  }
  return lines(all)
}
