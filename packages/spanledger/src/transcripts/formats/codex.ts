import { basename, join } from 'node:path'
import { commandIn, jsonOf, type ObservedTokens, Rank } from '../../agents/index.ts'
import {
  closeTool,
  type LineReader,
  openTool,
  type Reading,
  type Telling,
  type TranscriptFormat,
} from '../format.ts'
import { type Line, list, number, object, text, timeAt, told } from '../json.ts'

type Tell = (telling: Telling) => void

const clock = (line: Line, reading: Reading): number =>
  (reading.lastAt = timeAt(line['timestamp']) ?? reading.lastAt ?? 0)

function tokensOf(usage: Line): ObservedTokens | undefined {
  const tokens = told<ObservedTokens>({
    input: number(usage['input_tokens']),
    output: number(usage['output_tokens']),
    cacheRead: number(usage['cached_input_tokens']),
    cacheWrite: number(usage['cache_write_input_tokens']),
    reasoning: number(usage['reasoning_output_tokens']),
  })
  return tokens.input === undefined && tokens.output === undefined ? undefined : tokens
}

const meta: LineReader = (line, reading, tell) => {
  const at = clock(line, reading)
  const payload = object(line['payload'])
  // A thread that was begun from another repeats that one's.
  if (reading.session !== undefined) return
  reading.session = text(payload['id']) ?? ''
  reading.workingDirectory = text(payload['cwd']) ?? ''
  reading.branch = text(object(payload['git'])['branch']) ?? ''
  const spawned = object(object(object(payload['source'])['subagent'])['thread_spawn'])
  const parentSession = text(spawned['parent_thread_id'])
  tell({
    event: 'SessionStarted',
    keys: ['session'],
    rank: Rank.transcript,
    end: at,
    data: told({ provider: text(payload['model_provider']), parentSession }),
  })
}

const turn: LineReader = (line, reading) => {
  clock(line, reading)
  const model = text(object(line['payload'])['model'])
  if (model !== undefined) reading.model = model
}

function modelCalled(
  key: string,
  requestId: string | undefined,
  usage: Line,
  at: number,
  reading: Reading,
  tell: Tell,
): void {
  const start = Math.min(reading.askedAt ?? at, at)
  reading.askedAt = at
  tell({
    event: 'SessionModelCalled',
    keys: [key],
    rank: Rank.transcript,
    start,
    end: at,
    data: told({ model: text(reading.model), requestId, tokens: tokensOf(usage), outcome: 'ok' }),
  })
}

/** One for each answer. */
const usageRecord: LineReader = (line, reading, tell) => {
  const at = clock(line, reading)
  const payload = object(line['payload'])
  const response = text(payload['response_id'])
  reading.counted = true
  modelCalled(`response:${response ?? at}`, response, object(payload['usage']), at, reading, tell)
}

/** Versions without usage records tell sums, some of them twice: a call is what made the sum grow. */
function tokenCount(payload: Line, reading: Reading, at: number, tell: Tell): void {
  const info = object(payload['info'])
  const total = number(object(info['total_token_usage'])['total_tokens'])
  if (reading.counted === true || total === undefined || total <= (reading.total ?? 0)) return
  reading.total = total
  modelCalled(`usage:${total}`, undefined, object(info['last_token_usage']), at, reading, tell)
}

/** How a command ended stands in its output. */
const exitIn = (output: string): number | undefined => {
  const exit =
    /^Process exited with code (-?\d+)$/m.exec(output)?.[1] ?? /"exit_code":(-?\d+)/.exec(output)?.[1]
  return exit === undefined ? undefined : Number(exit)
}

const item: LineReader = (line, reading, tell) => {
  const at = clock(line, reading)
  const payload = object(line['payload'])
  const toolUseId = text(payload['call_id'])
  const kind = text(payload['type']) ?? ''
  if (toolUseId === undefined) return
  if (kind.endsWith('_call')) {
    const args = payload['arguments'] ?? payload['action']
    const command = commandIn(args as never) ?? commandIn(jsonOf(args as never))
    openTool(reading, toolUseId, told({ name: text(payload['name']) ?? kind, command, at }))
  } else if (kind.endsWith('_output')) {
    const output = text(payload['output']) ?? text(object(payload['output'])['content']) ?? ''
    toolUsed(toolUseId, reading, at, exitIn(output.slice(0, 2_000)), tell)
    reading.askedAt = at
  }
}

function toolUsed(id: string, reading: Reading, at: number, exit: number | undefined, tell: Tell): void {
  const tool = closeTool(reading, id)
  const exitCode = tool?.exitCode ?? exit
  tell({
    event: 'SessionToolUsed',
    keys: [`tool:${id}`],
    rank: Rank.transcript,
    start: tool?.at ?? at,
    end: at,
    data: told({
      toolUseId: id,
      name: tool?.name,
      command: tool?.command,
      exitCode,
      outcome: exitCode !== undefined && exitCode !== 0 ? 'failed' : 'ok',
    }),
  })
}

function completedItem(payload: Line, reading: Reading, at: number, tell: Tell): void {
  const done = object(payload['item'])
  const id = text(done['id'])
  if (done['type'] === 'UserMessage')
    promptSubmitted(id ?? String(at), text(object(list(done['content'])[0])['text']), reading, at, tell)
  const tool = id === undefined ? undefined : reading.tools?.[id]
  const exitCode = number(done['exit_code'])
  if (tool && exitCode !== undefined) tool.exitCode = exitCode
}

function promptSubmitted(
  id: string,
  words: string | undefined,
  reading: Reading,
  at: number,
  tell: Tell,
): void {
  reading.askedAt = at
  tell({
    event: 'SessionPromptSubmitted',
    keys: [`line:${id}`],
    rank: Rank.transcript,
    end: at,
    data: told({ text: words }),
  })
}

const event: LineReader = (line, reading, tell) => {
  const at = clock(line, reading)
  const payload = object(line['payload'])
  const kind = payload['type']
  if (kind === 'item_completed') completedItem(payload, reading, at, tell)
  else if (kind === 'token_count') tokenCount(payload, reading, at, tell)
  else if (kind === 'user_message') promptSubmitted(`user ${at}`, text(payload['message']), reading, at, tell)
  else if (kind === 'error')
    tell({
      event: 'SessionErrorOccurred',
      keys: [`line:error ${at}`],
      rank: Rank.transcript,
      end: at,
      data: told({ error: text(payload['message']) }),
    })
  else if (kind === 'task_complete')
    tell({
      event: 'SessionCompleted',
      keys: [`end:${text(payload['turn_id']) ?? at}`],
      rank: Rank.transcript,
      end: at,
      data: { outcome: 'ok' },
    })
}

const compacted: LineReader = (line, reading, tell) => {
  const at = clock(line, reading)
  tell({
    event: 'SessionCompacted',
    keys: [`line:compacted ${at}`],
    rank: Rank.transcript,
    end: at,
    data: {},
  })
}

/** Lines of one kind that tell nothing are told apart by what their payload is. */
const PASSED_ITEMS = ['message', 'reasoning']

/** Seen: 0.169; token counts without usage records as older versions are known to write them. */
export const codex: TranscriptFormat = {
  agent: 'codex',
  places: ({ home, env }) => {
    const folder = text(env['CODEX_HOME']) ?? join(home, '.codex')
    return [join(folder, 'sessions'), join(folder, 'archived_sessions')]
  },
  isTranscript: (path) => /^rollout-.*\.jsonl$/.test(basename(path)),
  knows: (line) =>
    line['type'] === 'session_meta' || (line['payload'] !== undefined && line['ordinal'] !== undefined),
  kindAtHead(head) {
    const [, kind, inner] = /"type":"([a-z_]+)","payload":\{(?:"type":"([a-z_]+)")?/.exec(head) ?? []
    return kind === 'response_item' && inner !== undefined && PASSED_ITEMS.includes(inner)
      ? `${kind}:${inner}`
      : kind
  },
  kindOf: (line) => text(line['type']) ?? '(none)',
  versionOf: (line) =>
    line['type'] === 'session_meta' ? text(object(line['payload'])['cli_version']) : undefined,
  mappings: [
    {
      versions: '>=0.40 <1',
      kinds: {
        session_meta: meta,
        turn_context: turn,
        token_usage_record: usageRecord,
        response_item: item,
        event_msg: event,
        compacted,
      },
      passed: ['world_state', 'ghost_snapshot', ...PASSED_ITEMS.map((inner) => `response_item:${inner}`)],
    },
  ],
}
