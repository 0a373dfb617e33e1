import { basename, join, sep } from 'node:path'
import { readWhole, type Platform } from '@spanledger/sdk/platform'
import { commandIn, type ObservedTokens, Rank } from '../../agents/index.ts'
import type { LineReader, Reading, Telling, TranscriptFormat } from '../format.ts'
import { type Line, list, number, object, text, told } from '../json.ts'
import { openDatabase } from '../sqlite/database.ts'

type Tell = (telling: Telling) => void

/** Cached tokens stand beside input, reasoning beside output. */
function tokensOf(usage: Line): ObservedTokens | undefined {
  const [input, output, reasoning] = ['input', 'output', 'reasoning'].map((name) => number(usage[name]))
  const cache = object(usage['cache'])
  const [cacheRead, cacheWrite] = [number(cache['read']), number(cache['write'])]
  if (input === undefined || output === undefined) return undefined
  return told<ObservedTokens>({
    input: input + (cacheRead ?? 0) + (cacheWrite ?? 0),
    output: output + (reasoning ?? 0),
    cacheRead,
    cacheWrite,
    reasoning,
  })
}

/** What the parts of a message need to know of it; `messages` lives as long as the file is read. */
interface Message {
  role: string
  model?: string
  /** When the last thing before its answer was there. */
  at: number
  /** Of a prompt: when the first answer to it was begun. */
  answeredAt?: number
}

interface Rows extends Reading {
  messages?: Record<string, Message>
}

const session: LineReader = (line, reading, tell) => {
  reading.session = text(line['id']) ?? ''
  reading.workingDirectory = text(line['directory']) ?? ''
  const at = number(line['time_created']) ?? number(object(line['time'])['created']) ?? 0
  tell({
    event: 'SessionStarted',
    keys: ['session'],
    rank: Rank.transcript,
    end: at,
    data: told({ parentSession: text(line['parent_id']) ?? text(line['parentID']) }),
  })
}

const message: LineReader = (line, reading: Rows, tell) => {
  const id = text(line['id'])
  const data = object(line['data'])
  const time = object(data['time'])
  const created = number(time['created']) ?? number(line['time_created']) ?? 0
  if (id === undefined) return
  // Of a folder that was left meanwhile, too.
  reading.workingDirectory = text(object(data['path'])['cwd']) ?? ''
  ;(reading.messages ??= {})[id] = told<Message>({
    role: text(data['role']) ?? '',
    model: text(data['modelID']),
    at: created,
  })
  const asked = reading.messages[text(data['parentID']) ?? '']
  if (asked) asked.answeredAt = Math.min(asked.answeredAt ?? created, created)
  reading.session = text(line['session_id']) ?? ''
  const completed = number(time['completed'])
  const error = object(data['error'])
  const failure = text(object(error['data'])['message']) ?? text(error['name'])
  if (failure !== undefined && error['name'] !== 'MessageAbortedError')
    tell({
      event: 'SessionErrorOccurred',
      keys: [`line:${id}`],
      rank: Rank.transcript,
      end: completed ?? created,
      data: { error: failure },
    })
  else if (data['finish'] === 'stop' && completed !== undefined)
    tell({
      event: 'SessionCompleted',
      keys: [`end:${id}`],
      rank: Rank.transcript,
      end: completed,
      data: { outcome: 'ok' },
    })
}

const part: LineReader = (line, reading: Rows, tell) => {
  const data = object(line['data'])
  const owner = reading.messages?.[text(line['message_id']) ?? '']
  const id = text(line['id'])
  if (owner === undefined || id === undefined) return
  reading.session = text(line['session_id']) ?? ''
  reading.workingDirectory = ''
  const at = number(line['time_created']) ?? owner.at
  if (data['type'] === 'step-finish') stepFinished(id, data, owner, at, tell)
  else if (data['type'] === 'tool') toolUsed(data, tell)
  else if (data['type'] === 'text' && owner.role === 'user' && data['synthetic'] !== true)
    tell({
      event: 'SessionPromptSubmitted',
      // The first text of a message is its prompt; others beside it are of the same.
      keys: [`message:${text(line['message_id'])}`],
      rank: Rank.transcript,
      // Telemetry tells a prompt when its answer is begun: under load seconds after it was written.
      start: at,
      end: Math.max(at, owner.answeredAt ?? at),
      data: told({ text: text(data['text']) }),
    })
}

/** A step is one request to the model. */
function stepFinished(id: string, data: Line, owner: Message, at: number, tell: Tell): void {
  tell({
    event: 'SessionModelCalled',
    keys: [`step:${id}`],
    rank: Rank.transcript,
    start: Math.min(owner.at, at),
    end: at,
    data: told({
      model: owner.model,
      tokens: tokensOf(object(data['tokens'])),
      finishReason: text(data['reason']),
      outcome: 'ok',
    }),
  })
  owner.at = at
}

function toolUsed(data: Line, tell: Tell): void {
  const id = text(data['callID'])
  const state = object(data['state'])
  const time = object(state['time'])
  const [start, end] = [number(time['start']), number(time['end'])]
  if (id === undefined || start === undefined || end === undefined) return
  const exitCode = number(object(state['metadata'])['exit'])
  const failed = state['status'] === 'error' || (exitCode ?? 0) !== 0
  tell({
    event: 'SessionToolUsed',
    keys: [`tool:${id}`],
    rank: Rank.transcript,
    start,
    end,
    data: told({
      toolUseId: id,
      name: text(data['tool']),
      command: commandIn(state['input'] as never),
      exitCode,
      outcome: failed ? 'failed' : 'ok',
      error: text(state['error']),
    }),
  })
}

/** Tables that hold sessions. Others hold the keys of accounts: they are not read. */
const TABLES = ['session', 'message', 'part'] as const

/** Undefined for what should be JSON and is not. */
function parsed(data: unknown): unknown {
  if (typeof data !== 'string') return null
  try {
    return JSON.parse(data)
  } catch {
    return undefined
  }
}

async function* databaseLines(
  platform: Pick<Platform, 'files'>,
  path: string,
): AsyncGenerator<Line, boolean, void> {
  const database = await openDatabase(platform, path)
  try {
    for (const table of TABLES)
      for await (const row of database.rows(table)) {
        const data = parsed(row['data'])
        yield data === undefined ? { table: `${table} that is not JSON` } : { ...row, data, table }
      }
    return await database.isSame()
  } finally {
    await database.close()
  }
}

/** What `opencode export` prints: one document a session. */
async function* exportLines(
  platform: Pick<Platform, 'files'>,
  path: string,
): AsyncGenerator<Line, boolean, void> {
  const bytes = await readWhole(platform.files, path)
  const whole = object(JSON.parse(new TextDecoder().decode(bytes)))
  const info = object(whole['info'])
  yield { ...info, table: 'session' }
  const session_id = info['id']
  const messages = list(whole['messages']).map(object)
  for (const one of messages) {
    const data = object(one['info'])
    yield { table: 'message', id: data['id'], session_id, data }
  }
  for (const one of messages)
    for (const data of list(one['parts']).map(object))
      yield { table: 'part', id: data['id'], session_id, message_id: object(one['info'])['id'], data }
  return true
}

/** Since 1.2 a SQLite database; `opencode export` prints one session as JSON. Seen: 1.18. */
export const opencode: TranscriptFormat = {
  agent: 'opencode',
  places: ({ home, env }) => [join(text(env['XDG_DATA_HOME']) ?? join(home, '.local', 'share'), 'opencode')],
  isTranscript: (path) =>
    /^opencode(?:-[a-z]+)?\.db$/.test(basename(path)) && !path.includes(`${sep}snapshot${sep}`),
  knows: (line) => object(line['info'])['projectID'] !== undefined && Array.isArray(line['messages']),
  linesOf: (platform, path) =>
    path.endsWith('.db') ? databaseLines(platform, path) : exportLines(platform, path),
  kindAtHead: () => undefined,
  kindOf: (line) => text(line['table']) ?? '(none)',
  versionOf: (line) => (line['table'] === 'session' ? text(line['version']) : undefined),
  mappings: [{ versions: '>=1 <2', kinds: { session, message, part }, passed: [] }],
}
