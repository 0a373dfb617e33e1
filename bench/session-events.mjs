// A ledger of session events as coding agents make them: sessions of 20 to 2,000 events, a few at a time, calls told by a
// log and half of them by a span too. The same for the same seed.
import { createHash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { generator } from './lib.mjs'

const SEGMENT_BYTES = 64 * 1024 * 1024
const START_MS = Date.UTC(2026, 9, 1)
/** Sessions at work at one time. */
const AT_ONCE = 4
const AGENTS = [
  ['claude-code', '2.1.197', ['claude-sonnet-4-5-20250929', 'claude-haiku-4-5-20251001']],
  ['claude-code', '2.1.190', ['claude-opus-4-5-20251101', 'claude-haiku-4-5-20251001']],
  ['codex', '0.118.0', ['gpt-5.2-codex']],
  ['gemini-cli', '0.26.0', ['gemini-3-pro-preview', 'gemini-2.5-flash']],
]
const TOOLS = ['Read', 'Bash', 'Edit', 'Grep', 'Write', 'Glob', 'WebFetch']
const COMMANDS = ['npm test', 'git status --short', 'npx tsc -b', 'rg -n "TODO" src', 'ls -la packages/*/src']

/**
 * Writes HOME/ledger/events with that many events; returns the paths of its segments and the number of sessions.
 * `of` gives what the n-th session's events tell beside the usual, such as its task.
 */
export function writeSessionEvents(home, events, { sessionEvents, of } = {}) {
  const folder = join(home, 'ledger/events')
  for (const kind of ['events', 'spans', 'logs', 'metrics'])
    mkdirSync(join(home, 'ledger', kind), { recursive: true })
  for (const name of ['index', 'run']) mkdirSync(join(home, name), { recursive: true })
  writeFileSync(join(home, 'home.json'), '{"spanledger":1}\n')
  const random = generator(7)
  const paths = []
  let [file, bytes, text, position, started] = [undefined, 0, '', 0, 0]
  const flush = () => {
    bytes += writeSync(file, text)
    text = ''
  }
  const begin = () => {
    if (file !== undefined) {
      flush()
      closeSync(file)
    }
    const name = String(position + 1).padStart(20, '0')
    paths.push(join(folder, `${name}.jsonl`))
    file = openSync(paths.at(-1), 'w', 0o600)
    bytes = 0
    text = `${JSON.stringify({ ledger: 1, kind: 'events', segment: name, writer: '3f9c1a2b7d04', created: `${START_MS}000000`, position: position + 1 })}\n`
  }
  const open = () => {
    const n = started++
    return createSession(random, n, sessionEvents, of?.(n) ?? {})
  }
  const active = Array.from({ length: AT_ONCE }, open)
  begin()
  while (position < events) {
    const i = Math.floor(random() * AT_ONCE)
    for (const event of active[i].turn()) {
      if (position >= events) break
      text += `${lineOf(event, ++position)}\n`
    }
    if (active[i].done()) active[i] = open()
    if (text.length > 1 << 20) flush()
    if (bytes > SEGMENT_BYTES) begin()
  }
  flush()
  closeSync(file)
  return { paths, sessions: started }
}

const lineOf = ({ event, id, stream, version, time, data }, position) =>
  `{"event":"${event}","id":"${id}","stream":"${stream}","version":${version},"position":${position},"time":"${time}","data":${JSON.stringify(data)}}`

const nano = (at) => `${Math.round(at)}000000`

function createSession(random, n, sessionEvents, more) {
  const session = uuid(`session ${n}`)
  const [agent, agentVersion, models] = AGENTS[Math.floor(random() * AGENTS.length)]
  // Logarithmic: most are short.
  const size = sessionEvents ?? Math.round(20 * 100 ** random())
  const workingDirectory = `/home/dev/work/project-${Math.floor(random() * 12)}`
  const pick = (list) => list[Math.floor(random() * list.length)]
  let [version, ms, turns] = [0, START_MS + n * 90_000, 0]
  const event = (name, data, at = ms) => ({
    event: name,
    id: uuid(`${session} ${version}`),
    stream: `session-${session}`,
    version: ++version,
    time: nano(at),
    data: { session, agent, agentVersion, ...more, ...data },
  })
  const modelCall = (trace) => {
    const model = pick(models)
    const took = 800 + random() * 9_000
    const [start, end] = [nano(ms), nano(ms + took)]
    const requestId = `req_${uuid(`${session} request ${version}`).replaceAll('-', '').slice(0, 24)}`
    const input = Math.floor(5_000 + random() * 90_000)
    const tokens = { input, output: Math.floor(random() * 2_000), cacheRead: Math.floor(input * 0.8) }
    const told = [
      event('SessionModelCalled', {
        source: 'log:claude_code.api_request',
        rank: 3,
        model,
        requestId,
        durationMs: Math.round(took),
        reportedCostUsd: 0.01,
        endUnixNano: end,
        startUnixNano: start,
        trace,
        keys: [`request:${requestId}`],
        tokens,
        outcome: random() < 0.02 ? 'failed' : 'ok',
      }),
    ]
    if (random() < 0.5) {
      const span = hex(`${session} span ${version}`, 16)
      told.push(
        event('SessionModelCalled', {
          source: 'span:claude_code.llm_request',
          rank: 2,
          model,
          startUnixNano: start,
          endUnixNano: end,
          trace,
          parentSpan: hex(trace, 16),
          span,
          keys: [`span:${trace}/${span}`],
          outcome: 'ok',
        }),
      )
    }
    ms += took
    return told
  }
  const toolCall = (trace) => {
    const name = pick(TOOLS)
    const took = 5 + random() * 3_000
    const [start, end] = [nano(ms), nano(ms + took)]
    const toolUseId = `toolu_${uuid(`${session} tool ${version}`).replaceAll('-', '').slice(0, 22)}`
    const outcome = random() < 0.05 ? 'failed' : 'ok'
    const told = [
      event('SessionToolDecided', {
        source: 'log:claude_code.tool_decision',
        rank: 1,
        name,
        toolUseId,
        decision: 'accept',
        decidedBy: 'config',
        endUnixNano: start,
        startUnixNano: start,
        trace,
        keys: [`tool:${toolUseId}`],
        counts: 'never',
      }),
      event('SessionToolUsed', {
        source: 'log:claude_code.tool_result',
        rank: 3,
        name,
        toolUseId,
        ...(name === 'Bash' ? { command: pick(COMMANDS) } : {}),
        durationMs: Math.round(took),
        endUnixNano: end,
        startUnixNano: start,
        trace,
        keys: [`tool:${toolUseId}`],
        outcome,
      }),
    ]
    if (random() < 0.5) {
      const span = hex(`${session} span ${version}`, 16)
      told.push(
        event('SessionToolUsed', {
          source: 'span:claude_code.tool',
          rank: 2,
          name,
          startUnixNano: start,
          endUnixNano: end,
          trace,
          parentSpan: hex(trace, 16),
          span,
          keys: [`span:${trace}/${span}`],
          outcome,
        }),
      )
    }
    ms += took
    return told
  }
  return {
    done: () => version >= size,
    turn() {
      const trace = hex(`${session} turn ${turns++}`, 32)
      const told =
        version === 0
          ? [event('SessionStarted', { source: 'log:claude_code.session', rank: 1, workingDirectory })]
          : []
      const at = nano(ms)
      told.push(
        event('SessionPromptSubmitted', {
          source: 'log:claude_code.user_prompt',
          rank: 3,
          text: 'Make the failing test pass, and say what was wrong with it.',
          startUnixNano: at,
          endUnixNano: at,
          trace,
        }),
      )
      const calls = 2 + Math.floor(random() * 12)
      for (let call = 0; call < calls; call++) {
        if (this.done()) break
        told.push(...modelCall(trace))
        if (call < calls - 1) told.push(...toolCall(trace))
      }
      ms += random() * 120_000
      if (version >= size) {
        const end = nano(ms)
        told.push(
          event('SessionCompleted', {
            source: 'log:claude_code.session',
            rank: 1,
            startUnixNano: end,
            endUnixNano: end,
          }),
        )
      }
      return told
    },
  }
}

const hex = (text, length) => createHash('sha256').update(text).digest('hex').slice(0, length)

function uuid(text) {
  const digits = hex(text, 32)
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-8${digits.slice(17, 20)}-${digits.slice(20)}`
}
