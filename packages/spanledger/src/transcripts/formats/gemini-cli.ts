import { basename, dirname, join, sep } from 'node:path'
import { readWhole, type Platform } from '@spanledger/sdk/platform'
import { commandIn, type ObservedTokens, Rank } from '../../agents/index.ts'
import type { LineReader, Reading, Telling, TranscriptFormat } from '../format.ts'
import { type Line, list, number, object, text, timeAt, told } from '../json.ts'

type Tell = (telling: Telling) => void

/** Thoughts and prompts of tools stand beside output and input. */
function tokensOf(usage: Line): ObservedTokens | undefined {
  const [input, output, thoughts, tool] = ['input', 'output', 'thoughts', 'tool'].map((name) =>
    number(usage[name]),
  )
  if (input === undefined && output === undefined) return undefined
  return told<ObservedTokens>({
    input: input === undefined ? undefined : input + (tool ?? 0),
    output: output === undefined ? undefined : output + (thoughts ?? 0),
    cacheRead: number(usage['cached']),
    reasoning: thoughts,
  })
}

const head: LineReader = (line, reading) => {
  const id = text(line['sessionId'])
  reading.lastAt = timeAt(line['startTime']) ?? reading.lastAt ?? 0
  const directory = text(list(line['directories'])[0])
  if (directory !== undefined) reading.workingDirectory = directory
  if (id === undefined) return
  if (reading.session === undefined) reading.session = id
  else if (reading.session !== id) reading.agentId = id
}

const words = (line: Line): string | undefined => {
  const { content } = line
  return (
    text(content) ??
    text(
      list(content)
        .map((part) => object(part)['text'])
        .find((part) => text(part)),
    )
  )
}

const user: LineReader = (line, reading, tell) => {
  const at = (reading.lastAt = timeAt(line['timestamp']) ?? reading.lastAt ?? 0)
  reading.askedAt = at
  const said = words(line)
  // What it tells the model about the folder stands as the first words of a user; a subagent's user is an agent.
  if (said === undefined || said.startsWith('<session_context>') || reading.agentId !== undefined) return
  tell({
    event: 'SessionPromptSubmitted',
    keys: [`line:${text(line['id']) ?? at}`],
    rank: Rank.transcript,
    end: at,
    data: { text: said },
  })
}

/** An answer is written when it is there, and again with its tools' results. */
const answer: LineReader = (line, reading, tell) => {
  const at = (reading.lastAt = timeAt(line['timestamp']) ?? reading.lastAt ?? 0)
  const id = text(line['id']) ?? String(at)
  if (line['tokens'] !== undefined)
    tell({
      event: 'SessionModelCalled',
      keys: [`message:${id}`],
      rank: Rank.transcript,
      start: Math.min(reading.askedAt ?? at, at),
      end: at,
      data: told({ model: text(line['model']), tokens: tokensOf(object(line['tokens'])), outcome: 'ok' }),
    })
  for (const call of list(line['toolCalls'])) toolUsed(object(call), at, tell)
}

function toolUsed(call: Line, at: number, tell: Tell): void {
  const id = text(call['id'])
  if (id === undefined) return
  const output =
    text(object(object(object(list(call['result'])[0])['functionResponse'])['response'])['output']) ?? ''
  const exit = /^Exit Code: (-?\d+)$/m.exec(output)?.[1]
  const status = call['status']
  const failed = status === 'error' || (exit !== undefined && exit !== '0')
  tell({
    event: 'SessionToolUsed',
    keys: [`tool:${id}`],
    rank: Rank.transcript,
    start: at,
    end: timeAt(call['timestamp']) ?? at,
    data: told({
      toolUseId: id,
      name: text(call['name']),
      command: commandIn(call['args'] as never),
      exitCode: exit === undefined ? undefined : Number(exit),
      outcome: status === 'cancelled' ? 'rejected' : failed ? 'failed' : 'ok',
      error: status === 'error' ? text(call['resultDisplay']) : undefined,
    }),
  })
}

const failure: LineReader = (line, reading, tell) => {
  const at = (reading.lastAt = timeAt(line['timestamp']) ?? reading.lastAt ?? 0)
  tell({
    event: 'SessionErrorOccurred',
    keys: [`line:${text(line['id']) ?? at}`],
    rank: Rank.transcript,
    end: at,
    data: told({ error: words(line) }),
  })
}

/** A change of the file as a whole; messages in it are those that stand in it by then. */
const change: LineReader = (line, reading, tell) => {
  for (const one of list(object(line['$set'])['messages'])) {
    const message = object(one)
    MESSAGES[text(message['type']) ?? '']?.(message, reading, tell)
  }
}

const MESSAGES: Readonly<Record<string, LineReader>> = { user, gemini: answer, error: failure }

/** What versions before 0.50 write: one JSON document a session, written anew with every message. */
async function* documentLines(
  platform: Pick<Platform, 'files'>,
  path: string,
): AsyncGenerator<Line, boolean, void> {
  const whole = object(JSON.parse(new TextDecoder().decode(await readWhole(platform.files, path))))
  const { messages, ...top } = whole
  yield top
  for (const message of list(messages)) yield object(message)
  return true
}

const belongsTo = (path: string): Reading => {
  const folder = basename(dirname(path))
  return folder === 'chats' ? {} : { session: folder }
}

/**
 * A subagent's lines stand in `chats/<session>/<agent>.jsonl`. Its version stands nowhere. Seen: 0.61;
 * documents as older versions are known to write them.
 */
export const geminiCli: TranscriptFormat = {
  agent: 'gemini-cli',
  places: ({ home }) => [join(home, '.gemini', 'tmp')],
  isTranscript: (path) => path.includes(`${sep}chats${sep}`) && /\.jsonl?$/.test(path),
  knows: (line) => line['projectHash'] !== undefined && line['sessionId'] !== undefined,
  linesOf: (platform, path) => (path.endsWith('.json') ? documentLines(platform, path) : undefined),
  fromPath: belongsTo,
  kindAtHead: (line) => (line.startsWith('{"$set":{"lastUpdated"') ? 'touched' : undefined),
  kindOf: (line) =>
    line['$set'] !== undefined
      ? 'change'
      : line['$rewindTo'] !== undefined
        ? 'rewound'
        : line['projectHash'] !== undefined
          ? 'head'
          : (text(line['type']) ?? '(none)'),
  versionOf: () => undefined,
  mappings: [
    {
      versions: '>=0.1 <1',
      kinds: { head, change, ...MESSAGES },
      passed: ['touched', 'rewound', 'info', 'warning'],
    },
  ],
}
