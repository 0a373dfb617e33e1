import { basename, dirname, join, sep } from 'node:path'
import { commandIn, type ObservedTokens, Rank } from '../../agents/index.ts'
import {
  closeTool,
  type LineReader,
  openTool,
  type Reading,
  type Telling,
  type TranscriptFormat,
} from '../format.ts'
import { type Line, list, number, object, text, timeAt, told } from '../json.ts'

/** Answers that Claude Code makes up itself, of requests that failed. */
const SYNTHETIC = '<synthetic>'
/** What it writes as the user's words although nobody wrote them: commands of its own, and their output. */
const MACHINE_WORDS = /^<(?:command-|local-command|bash-|task-notification|system-reminder)/

/** Its own prompt tokens are those that were not cached. */
function tokensOf(usage: Line): ObservedTokens | undefined {
  const cacheRead = number(usage['cache_read_input_tokens'])
  const cacheWrite = number(usage['cache_creation_input_tokens'])
  const fresh = number(usage['input_tokens'])
  const output = number(usage['output_tokens'])
  if (fresh === undefined && output === undefined) return undefined
  const input = fresh === undefined ? undefined : fresh + (cacheRead ?? 0) + (cacheWrite ?? 0)
  return told<ObservedTokens>({ input, output, cacheRead, cacheWrite })
}

/** What stands on most lines. */
function head(line: Line, reading: Reading): number {
  reading.session = text(line['sessionId']) ?? text(line['session_id']) ?? reading.session ?? ''
  const directory = text(line['cwd'])
  if (directory !== undefined) reading.workingDirectory = directory
  const branch = text(line['gitBranch'])
  if (branch !== undefined && branch !== 'HEAD') reading.branch = branch
  const agentId = text(line['agentId'])
  if (agentId === undefined) delete reading.agentId
  else reading.agentId = agentId
  const agentName = text(line['attributionAgent'])
  if (agentName !== undefined) reading.agentName = agentName
  return (reading.lastAt = timeAt(line['timestamp']) ?? reading.lastAt ?? 0)
}

/** Lines that a session was begun with, copied from another: that one tells them. */
const isCopied = (line: Line): boolean => line['forkedFrom'] !== undefined

const user: LineReader = (line, reading, tell) => {
  const at = head(line, reading)
  if (isCopied(line)) return
  settle(reading, tell)
  reading.askedAt = at
  const { content } = object(line['message'])
  const blocks = typeof content === 'string' ? [{ type: 'text', text: content }] : list(content).map(object)
  for (const block of blocks) if (block['type'] === 'tool_result') toolResult(block, reading, at, tell)
  const words = blocks.find((block) => block['type'] === 'text')?.['text']
  const isPersons =
    typeof words === 'string' &&
    line['isMeta'] !== true &&
    line['isSidechain'] !== true &&
    line['isCompactSummary'] !== true &&
    (line['parent_tool_use_id'] ?? null) === null &&
    !MACHINE_WORDS.test(words)
  const promptId = text(line['promptId'])
  if (isPersons)
    tell({
      event: 'SessionPromptSubmitted',
      keys: [promptId === undefined ? `line:${text(line['uuid']) ?? at}` : `prompt:${promptId}`],
      rank: Rank.transcript,
      end: at,
      data: told({ promptId, text: words }),
    })
}

function toolResult(block: Line, reading: Reading, at: number, tell: (telling: Telling) => void): void {
  const toolUseId = text(block['tool_use_id'])
  if (toolUseId === undefined) return
  const tool = closeTool(reading, toolUseId)
  const { content } = block
  const words = text(content) ?? text(object(list(content)[0])['text']) ?? ''
  const failed = block['is_error'] === true
  const rejected = failed && /^The user doesn't want to (?:proceed|take this action)/.test(words)
  const exit = /^Exit code (\d+)/.exec(words)?.[1]
  tell({
    event: 'SessionToolUsed',
    keys: [`tool:${toolUseId}`],
    rank: Rank.transcript,
    start: tool?.at ?? at,
    end: at,
    data: told({
      toolUseId,
      name: tool?.name,
      command: tool?.command,
      outcome: rejected ? 'rejected' : failed ? 'failed' : 'ok',
      error: failed ? words : undefined,
      exitCode: failed && exit !== undefined ? Number(exit) : undefined,
    }),
  })
}

const assistant: LineReader = (line, reading, tell) => {
  const at = head(line, reading)
  if (isCopied(line)) return
  const message = object(line['message'])
  const content = list(message['content']).map(object)
  if (message['model'] === SYNTHETIC) {
    if (line['isApiErrorMessage'] === true)
      tell({
        event: 'SessionErrorOccurred',
        keys: [`line:${text(line['uuid']) ?? at}`],
        rank: Rank.transcript,
        end: at,
        data: told({ error: text(content[0]?.['text']) }),
      })
    return
  }
  for (const block of content) {
    const id = block['type'] === 'tool_use' ? text(block['id']) : undefined
    if (id !== undefined)
      openTool(
        reading,
        id,
        told({ name: text(block['name']), command: commandIn(block['input'] as never), at }),
      )
  }
  const id = text(message['id'])
  if (id !== undefined) answer(id, message, line, reading, at, tell)
}

/**
 * One line for each part of an answer, all with the usage of the whole, as it was known by then: the last one counts. Until the
 * answer is over it is a placeholder (a `stop_reason` of null: output 1 where the truth was 42), and ranks as a draft.
 */
function answer(
  id: string,
  message: Line,
  line: Line,
  reading: Reading,
  at: number,
  tell: (telling: Telling) => void,
): void {
  if (reading.call?.id !== id) settle(reading, tell)
  const finishReason = text(message['stop_reason'])
  const before = reading.call
  const isDraft = finishReason === undefined
  if (before !== undefined && isDraft && before.rank !== Rank.draft) {
    before.end = at
    return
  }
  const requestId = text(line['requestId']) ?? text(line['request_id'])
  reading.call = {
    id,
    start: before?.start ?? Math.min(reading.askedAt ?? at, at),
    end: at,
    ...(requestId === undefined ? {} : { requestId }),
    rank: isDraft ? Rank.draft : Rank.transcript,
    data: told({
      model: text(message['model']),
      requestId,
      tokens: tokensOf(object(message['usage'])),
      finishReason,
      outcome: 'ok',
    }),
  }
}

function settle(reading: Reading, tell: (telling: Telling) => void): void {
  const { call } = reading
  if (call === undefined) return
  delete reading.call
  reading.askedAt = call.end
  tell({
    event: 'SessionModelCalled',
    kind: 'assistant',
    keys: [`message:${call.id}`, ...(call.requestId === undefined ? [] : [`request:${call.requestId}`])],
    rank: call.rank,
    start: call.start,
    end: call.end,
    data: call.data,
  })
  if (call.data.finishReason === 'end_turn' && reading.agentId === undefined)
    tell({
      event: 'SessionCompleted',
      kind: 'assistant',
      keys: [`end:${call.id}`],
      rank: Rank.transcript,
      end: call.end,
      data: { outcome: 'ok' },
    })
}

const system: LineReader = (line, reading, tell) => {
  const at = head(line, reading)
  if (line['subtype'] === 'init') reading.model = text(line['model']) ?? ''
  if (line['subtype'] !== 'compact_boundary' || isCopied(line)) return
  const { trigger } = object(line['compactMetadata'])
  tell({
    event: 'SessionCompacted',
    keys: [`line:${text(line['uuid']) ?? at}`],
    rank: Rank.transcript,
    end: at,
    data: told({ name: text(trigger) }),
  })
}

/**
 * The last line of what `--output-format stream-json` prints: the sums of the whole, which are Claude Code's own. Hardly a line of
 * it has a time: the file's last change is when this one was printed.
 */
const result: LineReader = (line, reading, tell) => {
  settle(reading, tell)
  const at = Math.max(head(line, reading), reading.changedAt ?? 0)
  const durationMs = number(line['duration_ms'])
  tell({
    event: line['is_error'] === true ? 'SessionFailed' : 'SessionCompleted',
    keys: [`line:${text(line['uuid']) ?? 'result'}`],
    rank: Rank.figures,
    start: at - (durationMs ?? 0),
    end: at,
    data: told({
      outcome: line['is_error'] === true ? 'failed' : 'ok',
      reportedCostUsd: number(line['total_cost_usd']),
      durationMs,
      tokens: tokensOf(object(line['usage'])),
    }),
  })
}

/** Seen: 2.1. A subagent's lines stand in `<session>/subagents/agent-<id>.jsonl`; before 2.0 in the session's own file. */
export const claudeCode: TranscriptFormat = {
  agent: 'claude-code',
  places: ({ home, env }) => [
    join(text(env['CLAUDE_CONFIG_DIR']) ?? join(home, '.claude'), 'projects'),
    join(text(env['XDG_CONFIG_HOME']) ?? join(home, '.config'), 'claude', 'projects'),
  ],
  isTranscript: (path) => path.endsWith('.jsonl') && !basename(path).startsWith('.'),
  knows: (line) =>
    (line['sessionId'] !== undefined && line['type'] !== undefined && line['projectHash'] === undefined) ||
    line['claude_code_version'] !== undefined ||
    (line['session_id'] !== undefined && line['type'] !== undefined),
  fromPath: (path) =>
    basename(dirname(path)) === 'subagents'
      ? { session: path.split(sep).at(-3) ?? '' }
      : { session: basename(path, '.jsonl') },
  kindAtHead: (line) =>
    /^\{"type":"([a-z-]+)"/.exec(line)?.[1] ?? (line.includes('"attachment":{') ? 'attachment' : undefined),
  kindOf: (line) => text(line['type']) ?? '(none)',
  versionOf: (line) => text(line['version']) ?? text(line['claude_code_version']),
  settle,
  mappings: [
    {
      versions: '>=1 <3',
      kinds: { user, assistant, system, result },
      passed: [
        'agent-color',
        'agent-name',
        'ai-title',
        'attachment',
        'custom-title',
        'file-history-snapshot',
        'last-prompt',
        'mode',
        'permission-mode',
        'pr-link',
        'progress',
        'queue-operation',
        'rate_limit_event',
        'stream_event',
        'summary',
        'tag',
        'worktree-state',
      ],
    },
  ],
}
