import type { Buffer } from 'node:buffer'
import { resolve } from 'node:path'
import * as v from 'valibot'
import type { SignalStore } from '@spanledger/sdk/store'
import { type Platform, systemCode } from '@spanledger/sdk/platform'
import type { MalformedOtlpError, Signal, Transcoded, Transcoder } from '../../otlp/index.ts'
import { fileChunks, linesOf } from '../file-lines.ts'
import { choice, texts } from '../params.ts'
import { query } from '../query.ts'
import { firstLine, joined, wholeOf } from '../read-once.ts'
import { refusal, type Refusal } from '../refusal.ts'
import { readRange } from '../segments/files.ts'

export interface ImportedFile {
  file: string
  spans: number
  logs: number
  metrics: number
  /** Records that were refused by themselves, such as spans without an id. */
  rejected: number
  redacted: number
  /** Lines that could not be read; the first BAD_LINES_MAX of them are told in `bad`. */
  badLines: number
  bad: { line: number; message: string }[]
}

export interface ImportAnswer {
  /** False when anything was left out. */
  ok: boolean
  files: ImportedFile[]
}

/** Stands for standard input. */
const INPUT = '-'

export const SIGNALS = ['traces', 'logs', 'metrics'] as const

const BAD_LINES_MAX = 20
/** A file that is one request is read as a whole, and so is a line. */
const REQUEST_BYTES_MAX = 256 * 1024 * 1024

/**
 * OTLP JSON Lines, or a file that is one OTLP request (JSON or protobuf), through the same transcoder and redaction as what comes
 * over the network. A line that cannot be read is told by its number, and the rest goes in.
 */
export const importFiles = query({
  summary: 'Takes in OTLP JSON Lines, or files that hold one OTLP request',
  params: v.strictObject({
    files: texts('OTLP JSON Lines, or one request as JSON or protobuf; - for standard input', 'FILE', 1),
    signal: v.optional(choice('what a protobuf file holds, where its name does not say', 'SIGNAL', SIGNALS)),
  }),
  effect: 'writes',
  async run(context, given): Promise<ImportAnswer | Refusal> {
    const transcoder = await context.transcoder()
    const paths = given.files.map((file) => (file === INPUT ? file : resolve(file)))
    for (const path of paths.filter((one) => one !== INPUT)) {
      const problem = await unreadable(context.platform, path)
      if (problem !== undefined) return problem
    }
    const { openSignalStore } = await import('@spanledger/sdk/store')
    const store = openSignalStore(context.platform, context.home)
    const files: ImportedFile[] = []
    try {
      for (const path of paths) {
        const answer = await importFile({
          transcoder,
          store,
          path,
          chunks: path === INPUT ? context.input() : fileChunks(context.platform, path),
          signal: given.signal,
        })
        if ('refused' in answer) return answer
        files.push(answer)
      }
    } finally {
      await store.close()
    }
    return { ok: files.every(({ rejected, badLines }) => rejected === 0 && badLines === 0), files }
  },
})

async function unreadable(platform: Platform, path: string): Promise<Refusal | undefined> {
  try {
    // Read, not only opened: a folder opens as well, and so does a pipe, which cannot be read twice.
    await readRange(platform, path, 0, 1)
    return undefined
  } catch (error) {
    return refusal(
      'UNREADABLE_FILE',
      `cannot read ${path}: ${systemCode(error) ?? String(error)}`,
      'give a file that can be read, or - for standard input; nothing was imported',
    )
  }
}

interface Import {
  transcoder: Transcoder
  store: SignalStore
  path: string
  chunks: AsyncIterable<Buffer>
  signal: Signal | undefined
}

async function importFile(job: Import): Promise<ImportedFile | Refusal> {
  const { path, transcoder } = job
  const counts: ImportedFile = {
    file: path,
    spans: 0,
    logs: 0,
    metrics: 0,
    rejected: 0,
    redacted: 0,
    badLines: 0,
    bad: [],
  }
  const take = async (line: number, transcode: () => Transcoded): Promise<void> => {
    const result = attempt(transcode)
    if (typeof result === 'string') {
      if (++counts.badLines <= BAD_LINES_MAX) counts.bad.push({ line, message: result })
      return
    }
    if (result.accepted > 0) await job.store.append(result.batch)
    counts[result.batch.kind] += result.accepted
    counts.rejected += result.rejected
    counts.redacted += result.redacted
    if (result.rejected > 0 && counts.bad.length < BAD_LINES_MAX)
      counts.bad.push({ line, message: result.message })
  }

  // In one pass: a pipe is read once.
  const rest = job.chunks[Symbol.asyncIterator]()
  try {
    const begin = await firstLine(rest, REQUEST_BYTES_MAX)
    const isJson = startsAsJson(begin.subarray(0, HEAD_BYTES))
    const signal = job.signal ?? signalInName(path)
    if (!isJson && signal === undefined)
      return refusal(
        'BAD_PARAMETER',
        `${path} is no JSON, and its name does not say which signal its protobuf holds`,
        'add --signal traces, logs or metrics',
      )
    if (!isJson || isOneRequest(begin)) {
      const whole = await wholeOf(begin, rest, REQUEST_BYTES_MAX)
      await take(1, () => (isJson ? json(transcoder, whole) : transcoder.protobuf(signal!, whole)))
      return counts
    }
    for await (const { number, bytes } of linesOf(joined(begin, rest), REQUEST_BYTES_MAX)) {
      if (bytes === undefined) await take(number, () => fail(`longer than ${REQUEST_BYTES_MAX} bytes`))
      else if (!isBlank(bytes)) await take(number, () => json(transcoder, bytes))
    }
    return counts
  } finally {
    await rest.return?.()
  }
}

/** What a request begins with on a line of its own is short. */
const FIRST_LINE_BYTES = 4096
const HEAD_BYTES = 64

function attempt(transcode: () => Transcoded): Transcoded | string {
  try {
    return transcode()
  } catch (error) {
    if (error instanceof UnknownRequestError || isMalformed(error)) return error.message
    throw error
  }
}

/** By its code: the transcoder's module is loaded by whoever made the transcoder. */
const isMalformed = (error: unknown): error is MalformedOtlpError =>
  (error as { code?: unknown }).code === MALFORMED

const MALFORMED: MalformedOtlpError['code'] = 'MALFORMED_OTLP'

class UnknownRequestError extends Error {}

function fail(message: string): never {
  throw new UnknownRequestError(message)
}

const SIGNAL_KEYS = { resourceSpans: 'traces', resourceLogs: 'logs', resourceMetrics: 'metrics' } as const

function json(transcoder: Transcoder, bytes: Buffer): Transcoded {
  const signal = signalOf(bytes)
  return signal === undefined
    ? fail('neither resourceSpans, resourceLogs nor resourceMetrics is in it')
    : transcoder.json(signal, bytes)
}

/** By the first key, as nearly every exporter writes it; else by parsing. */
function signalOf(bytes: Buffer): Signal | undefined {
  const first = /^\s*\{\s*"(resourceSpans|resourceLogs|resourceMetrics)"/.exec(
    bytes.toString('latin1', 0, 256),
  )
  if (first !== null) return SIGNAL_KEYS[first[1] as keyof typeof SIGNAL_KEYS]
  try {
    const request = JSON.parse(bytes.toString('utf8')) as object
    const key = (Object.keys(SIGNAL_KEYS) as (keyof typeof SIGNAL_KEYS)[]).find((name) =>
      Object.hasOwn(request, name),
    )
    return key === undefined ? undefined : SIGNAL_KEYS[key]
  } catch {
    return fail('not JSON')
  }
}

const startsAsJson = (head: Buffer): boolean =>
  head.length === 0 || /^\s*\{\s*(?:"|\}|$)/.test(head.toString('latin1'))

/** A pretty-printed request has line ends inside: its first line is no JSON by itself, but it is a part of one. */
const isOneRequest = (begin: Buffer): boolean =>
  /^\s*\{\s*(?:"resource(?:Spans|Logs|Metrics)"\s*:\s*\[?\s*\{?\s*)?$/.test(
    begin.toString('latin1', 0, FIRST_LINE_BYTES).trimStart().split('\n', 1)[0]!,
  )

const isBlank = (bytes: Buffer): boolean => bytes.length < 100 && bytes.toString('latin1').trim() === ''

const signalInName = (path: string): Signal | undefined => {
  const name = path.split(/[\\/]/).at(-1)!.toLowerCase()
  const found = [...new Set([...name.matchAll(/trace|span|log|metric/g)].map(([word]) => word))]
  if (found.some((word) => word === 'trace' || word === 'span'))
    return found.some((word) => word === 'log' || word === 'metric') ? undefined : 'traces'
  return found.length === 1 ? (found[0] === 'log' ? 'logs' : 'metrics') : undefined
}
